import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../../scripts/lib/browser.mjs';
import { isFirefox } from '../../scripts/lib/find-browser.mjs';
import { addressOf, openInnerPage } from '../../scripts/lib/firefox.mjs';
import { processesOf } from '../../scripts/lib/processes.mjs';
import { extensionId } from '../../scripts/lib/profile.mjs';

const here = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

/** No test waits longer than this. It only ever ends a hang, so it is generous. */
export const GUARD = { timeout: 180_000 };

/** These tests run in a Chromium, unless CHROME_SOCKETS_BROWSER names a Firefox. */
export const inFirefox = isFirefox(process.env.CHROME_SOCKETS_BROWSER ?? '');

/**
 * For a test of what only a Chromium has.
 *
 * @param {string} why
 */
export const chromiumOnly = (why) => ({ ...GUARD, skip: inFirefox && `Firefox: ${why}` });

/**
 * A browser with the example in it, for all tests of a file.
 *
 * @returns {{session: import('../../scripts/lib/browser.mjs').Session, url: string, token: string, port: number}}
 *   filled in before the first test
 */
export function useDemo() {
  const demo = /** @type {any} */ ({});
  before(async () => {
    const extension = here('../../examples/tabs-api/dist');
    demo.session = await openBrowser({ extension, global: 'tabsApi', listen: ['127.0.0.1:*'] });
    Object.assign(demo, await demo.session.worker.evaluate(() => /** @type {any} */ (globalThis).tabsApi.ready));
    demo.port = Number(new URL(demo.url).port);
  }, GUARD);
  after(() => demo.session?.close(), GUARD);
  return demo;
}

/**
 * A browser with the test extension, for all tests of a file. Each test starts without sockets.
 *
 * @param {Partial<import('../../scripts/lib/browser.mjs').Options> & {manifest?: object}} [options] `manifest` is what the
 *   extension's manifest says besides
 * @returns {{
 *   session: import('../../scripts/lib/browser.mjs').Session,
 *   run: import('puppeteer-core').WebWorker['evaluate'],
 * }} filled in before the first test; `run` runs a function in the service worker
 */
export function useBench({ manifest, ...options } = {}) {
  const bench = /** @type {any} */ ({});
  /** @type {string} */
  let folder;
  before(async () => {
    folder = await assemble(manifest);
    Object.assign(bench, await open(folder, options));
  }, GUARD);
  beforeEach(() => options.host === null || bench.run(() => /** @type {any} */ (globalThis).bench.reset()), GUARD);
  after(async () => {
    await bench.session?.close();
    await rm(folder, { recursive: true, force: true });
  }, GUARD);
  return bench;
}

/**
 * A browser with the test extension for one test, which may ruin it.
 *
 * @param {import('node:test').TestContext} t
 * @param {Parameters<typeof useBench>[0]} [options]
 */
export async function openBench(t, { manifest, ...options } = {}) {
  const folder = await assemble(manifest);
  t.after(() => rm(folder, { recursive: true, force: true }));
  const bench = await open(folder, options);
  t.after(() => bench.session.close());
  return bench;
}

/**
 * @param {string} folder the test extension's
 * @param {Partial<import('../../scripts/lib/browser.mjs').Options>} options
 */
async function open(folder, options) {
  const loopback = ['127.0.0.1:*'];
  const session = await openBrowser({
    extension: folder,
    global: 'bench',
    listen: loopback,
    connect: loopback,
    udp: loopback,
    ...options,
  });
  return { session, run: session.worker.evaluate.bind(session.worker) };
}

/**
 * Puts the test extension and the shim's source, as it is, into one folder.
 *
 * @param {object} [more] what the manifest says besides, or does not say where a member is undefined
 */
export async function assemble(more) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-bench-'));
  await cp(here('extension'), folder, { recursive: true });
  await cp(here('../../extension-shim/src'), path.join(folder, 'chrome-sockets'), { recursive: true });
  if (more) {
    await cp(here('../../extension-shim/dist'), path.join(folder, 'dist'), { recursive: true });
    const file = path.join(folder, 'manifest.json');
    await writeFile(file, JSON.stringify({ ...(await benchManifest()), ...more }));
    await writeFile(path.join(folder, 'hostile.js'), await hostileScript());
  }
  return folder;
}

const benchManifest = async () => JSON.parse(await readFile(here('extension/manifest.json'), 'utf8'));

/** What a hostile page or extension runs against the test extension. */
export async function hostileScript() {
  const { key, browser_specific_settings: own } = await benchManifest();
  const id = inFirefox ? own.gecko.id : extensionId(key);
  const script = await readFile(here('extension/hostile.js'), 'utf8');
  return script.replace('ID_OF_THE_BENCH', id).replace('ROOT_OF_THE_BENCH', pageAddress(id, ''));
}

/**
 * The address of a file of an extension.
 *
 * @param {string} id the extension's
 * @param {string} file
 */
export const pageAddress = (id, file) =>
  inFirefox ? `moz-extension://${addressOf(id)}/${file}` : `chrome-extension://${id}/${file}`;

/** @typedef {{session: Pick<import('../../scripts/lib/browser.mjs').Session, 'browser' | 'id'>}} Where */

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {Where} where
 */
export async function openAddress(t, url, { session }) {
  const inner = inFirefox && url.startsWith('moz-extension:');
  const page = inner ? await openInnerPage(session.browser, url) : await session.browser.newPage();
  t.after(() => page.close().catch(() => {}));
  if (!inner) await page.goto(url);
  return page;
}

/**
 * A page of an extension, in a tab.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} file
 * @param {Where} where
 */
export const openPage = (t, file, where) => openAddress(t, pageAddress(where.session.id, file), where);

/**
 * A page with the test's hands.
 *
 * @param {import('node:test').TestContext} t
 * @param {Where} where
 */
export async function openHands(t, where) {
  const page = await openPage(t, 'page.html', where);
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

/**
 * The processes of the native host in a session.
 *
 * @param {import('../../scripts/lib/browser.mjs').Session} session
 * @param {string} [id] the extension's
 */
export async function hosts(session, id = session.id) {
  const all = await processesOf(session.profile.folder);
  // Chromium names the extension's origin, Firefox the manifest of the host and the add-on.
  return all.filter(
    ({ command }) => command.includes(` chrome-extension://${id}/`) || command.endsWith(`.json ${id} `),
  );
}

/**
 * Looks again and again until something holds, for what sends no message.
 *
 * @template T
 * @param {() => Promise<T>} condition
 * @returns {Promise<T>}
 */
export async function eventually(condition) {
  for (;;) {
    const value = await condition();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {number} port
 * @returns {Promise<net.Socket>} a connected socket that is gone after the test
 */
export async function connect(t, port) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** @param {number} port resolves with whether it can be bound, which it can at once when the host has closed it */
export const isFree = (port) =>
  new Promise((resolve) => {
    const probe = net.createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

/** @returns {Promise<number>} a port that is free now */
export const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** @param {Uint8Array} bytes */
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * @param {net.Socket} socket
 * @returns {Promise<Buffer>} all that comes until the other side ends
 */
export async function readAll(socket) {
  const pieces = [];
  for await (const piece of socket) pieces.push(piece);
  return Buffer.concat(pieces);
}
