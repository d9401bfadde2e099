import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { openBrowser } from '../../../scripts/lib/browser.mjs';
import { packages, root, run, scratch } from '../support.js';

/** Gives the extensions an id that is known. */
export const KEY = JSON.parse(await readFile(path.join(root, 'tests/browser/extension/manifest.json'), 'utf8')).key;

/** What an extension does with `chrome.sockets` here: it sends back what it gets. `echoPort` is where. */
export const ECHO = `
chrome.sockets.tcpServer.onAccept.addListener(({ clientSocketId }) => {
  chrome.sockets.tcp.setPaused(clientSocketId, false);
});
chrome.sockets.tcp.onReceive.addListener(({ socketId, data }) => {
  chrome.sockets.tcp.send(socketId, data);
});
async function listen() {
  const { socketId } = await chrome.sockets.tcpServer.create();
  await chrome.sockets.tcpServer.listen(socketId, '127.0.0.1', 0);
  const { localPort } = await chrome.sockets.tcpServer.getInfo(socketId);
  return localPort;
}
Object.assign(globalThis, { echoPort: listen() });
`;

/**
 * A folder with an extension's manifest in it.
 *
 * @param {string} folder
 * @param {object} background
 */
export async function writeExtension(folder, background) {
  const manifest = {
    manifest_version: 3,
    name: 'Echo',
    version: '1',
    key: KEY,
    permissions: ['nativeMessaging'],
    background,
    sockets: { tcpServer: { listen: '127.0.0.1:*' } },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
}

/**
 * Copies a one-file build out of the npm package, as somebody without npm does.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {string} target
 */
export async function takeFile(t, name, target) {
  const folder = await scratch(t);
  await run('tar', ['--extract', '--gzip', '--file', packages.npm, '--directory', folder]);
  await cp(path.join(folder, 'package/dist', name), path.join(target, name));
}

/**
 * The program of the host as a package brings it.
 *
 * @param {import('node:test').TestContext} t
 * @param {'deb' | 'tar'} kind
 */
export async function hostOf(t, kind) {
  const folder = await scratch(t);
  if (kind === 'deb') {
    await run('dpkg-deb', ['--extract', packages.deb, folder]);
    return path.join(folder, 'usr/bin/chrome-sockets-host');
  }
  await run('tar', ['--extract', '--gzip', '--file', packages.tar, '--directory', folder, '--strip-components=1']);
  return path.join(folder, 'chrome-sockets-host');
}

/**
 * Loads the extension into a browser and expects every byte back.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} extension its folder
 * @param {Partial<import('../../../scripts/lib/browser.mjs').Options>} options of them `host` is the program that is installed
 *   for it, as a user does that
 */
export async function echoes(t, extension, options) {
  const session = await openBrowser({ extension, global: 'echoPort', ...options });
  t.after(() => session.close());
  const port = await session.worker.evaluate(() => /** @type {any} */ (globalThis).echoPort);
  const socket = net.connect({ port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  const sent = randomBytes(300_000);
  socket.write(sent);
  const pieces = [];
  let length = 0;
  for await (const piece of socket) {
    pieces.push(piece);
    length += piece.length;
    if (length >= sent.length) break;
  }
  assert.ok(Buffer.concat(pieces).equals(sent), 'what came back is what was sent');
}
