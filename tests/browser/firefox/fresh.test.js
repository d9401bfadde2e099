import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hostProgram, openBrowser } from '../../../scripts/lib/browser.mjs';
import { findBrowser } from '../../../scripts/lib/find-browser.mjs';
import { Profile } from '../../../scripts/lib/profile.mjs';
import { GUARD } from '../support.js';

const extension = fileURLToPath(new URL('../../../examples/tabs-api/dist', import.meta.url));

test(
  'one install serves a Chromium and a Firefox of a fresh account, and uninstall leaves no trace',
  GUARD,
  async (t) => {
    const profile = await Profile.create();
    t.after(() => profile.remove());
    const { HOME, XDG_CONFIG_HOME } = profile.environment;
    const userDataDir = path.join(XDG_CONFIG_HOME ?? '', 'chromium');
    // Both browsers have been started before.
    await mkdir(userDataDir, { recursive: true });
    await mkdir(path.join(HOME, '.mozilla'));
    const listing = async () => {
      const files = await readdir(profile.folder, { recursive: true });
      return files.filter((file) => /sockets/.test(file) && !file.startsWith('tmp/'));
    };
    const before = await listing();

    const run = (/** @type {string[]} */ ...args) =>
      promisify(execFile)(hostProgram, args, { env: profile.environment });
    const { stdout } = await run('install', extension, '--yes');
    assert.match(stdout, /listen on any port of this computer/);

    for (const browser of [await findBrowser(), await findBrowser('firefox')]) {
      const own = new Profile(profile.folder);
      if (!/firefox/.test(browser)) own.userDataDir = userDataDir;
      const session = await openBrowser({ extension, global: 'tabsApi', host: null, browser, profile: own });
      t.after(() => session.close());
      const { url } = await session.worker.evaluate(() => /** @type {any} */ (globalThis).tabsApi.ready);
      assert.equal((await fetch(url)).status, 200, browser);
    }
    assert.match((await run('doctor')).stdout, /Everything is in order/);

    await run('uninstall');
    assert.deepEqual(await listing(), before);
  },
);
