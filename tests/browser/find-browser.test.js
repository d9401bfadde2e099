import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findBrowser, isFirefox } from '../../scripts/lib/find-browser.mjs';

// Elsewhere browsers are not looked for on the PATH.
const LINUX = { skip: process.platform !== 'linux' && 'not Linux' };

/**
 * A PATH of one folder with programs in it, in place of the real one.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} programs
 */
async function usePath(t, programs) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'path-'));
  const before = process.env.PATH;
  process.env.PATH = folder;
  t.after(() => {
    process.env.PATH = before;
    return rm(folder, { recursive: true });
  });
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(path.join(folder, name), text, { mode: 0o755 });
  }
  return folder;
}

test('Chrome comes before the others, and a name asks for one', LINUX, async (t) => {
  const folder = await usePath(t, {
    'google-chrome': '#!/bin/sh',
    chromium: '#!/bin/sh',
    'brave-browser': '#!/bin/sh',
  });
  assert.equal(await findBrowser(), path.join(folder, 'google-chrome'));
  assert.equal(await findBrowser('chromium'), path.join(folder, 'chromium'));
  assert.equal(await findBrowser('brave'), path.join(folder, 'brave-browser'));
});

test('a Firefox is for those who ask for it', LINUX, async (t) => {
  const folder = await usePath(t, { firefox: '#!/bin/sh', 'brave-browser': '#!/bin/sh' });
  assert.equal(await findBrowser(), path.join(folder, 'brave-browser'));
  assert.equal(await findBrowser('firefox'), path.join(folder, 'firefox'));
  assert.ok(isFirefox(path.join(folder, 'firefox')) && isFirefox('firefox-esr') && isFirefox('/opt/LibreWolf'));
  assert.ok(!isFirefox(path.join('/firefox', 'brave-browser')) && !isFirefox(''));
});

test('a snap is no browser for us, because it sees neither the profile nor the host', LINUX, async (t) => {
  const folder = await usePath(t, {
    'chromium-browser': '#!/bin/sh\nexec /snap/bin/chromium "$@"\n',
    'microsoft-edge': '#!/bin/sh\nexec /opt/edge\n',
  });
  assert.equal(await findBrowser(), path.join(folder, 'microsoft-edge'));
});

test('what is no program, and a name nobody has, are errors', LINUX, async (t) => {
  const folder = await usePath(t, {});
  await writeFile(path.join(folder, 'text'), 'x', { mode: 0o644 });
  await assert.rejects(findBrowser(path.join(folder, 'text')), /is not a program/);
  await assert.rejects(findBrowser(`${folder}/none`), /is not a program/);
  await assert.rejects(
    findBrowser('netscape'),
    /No browser is called netscape: there is chrome, chromium, edge, brave, firefox/,
  );
  await assert.rejects(findBrowser('edge'), /edge was not found/);
});
