import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { backgroundOf } from '../../scripts/lib/firefox.mjs';
import { browserPage, disable } from './firefox/support.js';
import { chromiumOnly, connect, eventually, GUARD, hosts, inFirefox, isFree, openBench } from './support.js';

const LIKE_DISABLING = chromiumOnly('the event page is closed as it is when the extension is disabled');

/** @typedef {Awaited<ReturnType<typeof openBench>>} Bench */

/**
 * Does to the extension what ends its worker, while it has a listening server and two clients of it, one of which is read.
 * All of them are persistent: that makes no difference.
 *
 * @param {import('node:test').TestContext} t
 * @param {Bench} bench
 * @param {() => Promise<unknown>} end
 */
async function unload(t, bench, end) {
  const server = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  const clients = [await connect(t, server.port), await connect(t, server.port)];
  const ids = await bench.run(async ({ socketId }) => {
    const { until, accepted, call } = globalThis.bench;
    const [read, paused] = await until(() => accepted(socketId).length === 2 && accepted(socketId));
    await call('tcpServer', 'update', socketId, { persistent: true });
    for (const client of [read, paused]) await call('tcp', 'update', client, { persistent: true });
    await call('tcp', 'setPaused', read, false);
    return [socketId, read, paused];
  }, server);
  const [host] = await hosts(bench.session);
  const closed = clients.map((client) => once(client.resume(), 'close'));
  await end();
  await Promise.all(closed);
  assert.ok(await isFree(server.port), 'another program can have the port');
  await eventually(async () => (await hosts(bench.session)).every(({ pid }) => pid !== host.pid));
  return ids;
}

/**
 * The extension's worker that comes after the one of the session.
 *
 * @param {Bench} bench
 * @param {Set<import('puppeteer-core').Target>} before the targets there were
 */
async function nextWorker({ session }, before) {
  if (inFirefox) return backgroundOf(session.browser, session.id, 'bench');
  const target = await session.browser.waitForTarget(
    (each) => each.type() === 'service_worker' && each.url().includes(session.id) && !before.has(each),
    { timeout: 60_000 },
  );
  const worker = await target.worker();
  assert.ok(worker);
  await eventually(() => worker.evaluate(() => 'bench' in globalThis));
  return worker;
}

/**
 * The browser's own page of extensions, which may do with them what a person may.
 *
 * @param {Bench} bench
 */
async function extensionsPage({ session }) {
  if (inFirefox) return browserPage({ session });
  const page = await session.browser.newPage();
  await page.goto('chrome://extensions');
  return page;
}

/** @param {import('puppeteer-core').Page} page lets unpacked extensions come back from a reload */
const useDeveloperMode = async (page) =>
  inFirefox ||
  page.evaluate(() =>
    /** @type {any} */ (chrome).developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }),
  );

test('L-07 L-08 L-09 L-10 a reload ends all sockets, and the extension begins anew', GUARD, async (t) => {
  const bench = await openBench(t);
  await useDeveloperMode(await extensionsPage(bench));
  const before = new Set(bench.session.browser.targets());
  const ids = await unload(t, bench, () => bench.run(() => void setTimeout(() => chrome.runtime.reload())));
  const worker = await nextWorker(bench, before);
  const { lists, first, log } = await worker.evaluate(async () => {
    const { call, log } = globalThis.bench;
    const lists = [(await call('tcpServer', 'getSockets')).result, (await call('tcp', 'getSockets')).result];
    const first = (await call('tcp', 'create', {})).result.socketId;
    return { lists, first, log };
  });
  assert.deepEqual(lists, [[], []]);
  assert.deepEqual(log, [], 'nobody hears of the sockets of before');
  // An id is never used twice while a background lives; this is another one (the decision "ids").
  assert.equal(first, Math.min(...ids));
});

test('L-07 L-10 disabling the extension ends all sockets', GUARD, async (t) => {
  const bench = await openBench(t);
  const page = await extensionsPage(bench);
  await unload(t, bench, () =>
    inFirefox
      ? disable(bench, page)
      : page.evaluate((id) => /** @type {any} */ (chrome).management.setEnabled(id, false), bench.session.id),
  );
});

test('L-07 L-10 uninstalling the extension ends all sockets', LIKE_DISABLING, async (t) => {
  const bench = await openBench(t);
  await unload(t, bench, () =>
    bench.run(() => void setTimeout(() => chrome.management.uninstallSelf({ showConfirmDialog: false }))),
  );
});

test('L-12 the worker that is unloaded hears of nothing any more', LIKE_DISABLING, async (t) => {
  // What it hears it tells this server, since nobody could ask it afterwards.
  const told = [];
  const ear = http.createServer((request, response) => {
    told.push(request.url);
    response.end();
  });
  t.after(() => ear.close());
  await once(ear.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (ear.address()).port}`;
  const bench = await openBench(t);
  await useDeveloperMode(await extensionsPage(bench));
  const server = await bench.run(() => globalThis.bench.listen());
  const [leaving, staying] = [await connect(t, server.port), await connect(t, server.port)];
  await bench.run(
    async ({ socketId }, url) => {
      const { until, accepted, call } = globalThis.bench;
      const tell = (/** @type {string} */ what) => fetch(`${url}/${what}`, { mode: 'no-cors', keepalive: true });
      chrome.sockets.tcp.onReceiveError.addListener(() => tell('end'));
      chrome.sockets.tcpServer.onAcceptError.addListener(() => tell('acceptError'));
      await until(() => accepted(socketId).length === 2);
      // Nobody reads it, so it is unanswered when the end comes.
      call('tcp', 'send', accepted(socketId)[1], new ArrayBuffer(32 * 1024 * 1024)).then(() => tell('send'));
      await call('tcp', 'getInfo', accepted(socketId)[1]);
    },
    server,
    url,
  );
  leaving.destroy();
  await eventually(async () => told.length === 1);
  const before = new Set(bench.session.browser.targets());
  // By a reset, because of the send.
  const closed = new Promise((resolve) => staying.once('close', resolve));
  await bench.run(() => void setTimeout(() => chrome.runtime.reload()));
  staying.resume();
  await closed;
  const worker = await nextWorker(bench, before);
  await worker.evaluate((url) => fetch(`${url}/next`, { mode: 'no-cors' }).then(() => {}), url);
  assert.deepEqual(told, ['/end', '/next']);
});
