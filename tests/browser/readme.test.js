import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../../scripts/lib/browser.mjs';
import { eventually, freePort, GUARD } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * An extension with one script, that of the README.
 *
 * @param {import('node:test').TestContext} t
 * @param {(code: string) => string} change of the script
 * @param {string} shim which build of it
 * @param {object} background of the manifest
 */
async function serves(t, change, shim, background) {
  const readme = await readFile(path.join(root, 'README.md'), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  assert.match(code, /8080/);
  const port = await freePort();

  const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-readme-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { key } = JSON.parse(await readFile(path.join(root, 'tests/browser/extension/manifest.json'), 'utf8'));
  const manifest = {
    manifest_version: 3,
    name: 'README',
    version: '1',
    key,
    browser_specific_settings: { gecko: { id: 'readme@chrome-sockets.invalid' } },
    permissions: ['nativeMessaging'],
    background,
    sockets: { tcpServer: { listen: `127.0.0.1:${port}` } },
  };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'background.js'), change(code.replaceAll('8080', String(port))));
  await cp(path.join(root, 'extension-shim/dist', shim), path.join(folder, shim));

  const session = await openBrowser({ extension: folder, global: 'chrome', listen: [`127.0.0.1:${port}`] });
  t.after(() => session.close());
  const response = await eventually(() => fetch(`http://127.0.0.1:${port}/`).catch(() => null));
  assert.equal(response.status, 200);
  assert.equal(await response.text(), 'Hello from an extension\n');
}

test('the server of the README answers as it stands there', GUARD, async (t) => {
  const background = { service_worker: 'background.js', scripts: ['background.js'], type: 'module' };
  await serves(t, (code) => code, 'chrome-sockets.mjs', background);
});

test('the same in a classic background', GUARD, async (t) => {
  // A worker has to ask for the shim, and an event page names it in the manifest.
  const classic = (code) =>
    code
      .replace(/^import .*$/m, "globalThis.importScripts?.('chrome-sockets.js');")
      .replace('install()', 'chrome.sockets');
  await serves(t, classic, 'chrome-sockets.js', {
    service_worker: 'background.js',
    scripts: ['chrome-sockets.js', 'background.js'],
  });
});
