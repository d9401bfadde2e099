import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { findBrowser } from '../../../scripts/lib/find-browser.mjs';
import { extensionId } from '../../../scripts/lib/profile.mjs';
import { Machine } from '../machine.js';
import { needs, scratch } from '../support.js';
import { ECHO, echoes, KEY, takeFile, writeExtension } from './echo.js';

test(
  'apt’s part and install --system are all it takes: the browser starts /usr/bin’s host',
  needs('dpkg', 'unshare'),
  async (t) => {
    const extension = await scratch(t);
    await takeFile(t, 'chrome-sockets.js', extension);
    await writeExtension(extension, { service_worker: 'background.js' });
    await writeFile(path.join(extension, 'background.js'), `importScripts('chrome-sockets.js');\n${ECHO}`);

    const machine = await Machine.withHost(t);
    await machine.run('/usr/bin/chrome-sockets-host', ['install', '--system', '--extension-id', extensionId(KEY)], {});
    const browser = await machine.overlaid(await findBrowser());
    // The user has installed nothing, and the browser thinks that it is root.
    await echoes(t, extension, { host: null, browser, flags: ['--no-sandbox'] });
  },
);
