import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ID, settled, startPages } from '../testing/fake-extension.js';
import { called } from '../testing/fake-host.js';

const CLOSED = 'The page that held the sockets of this extension has been closed, and its sockets with it.';

test('without a background the first page that needs sockets is the hub, and the others use its sockets', async () => {
  const extension = await startPages();
  const [first, second, third] = [await extension.page(), await extension.page(), await extension.page()];
  assert.equal(extension.onConnect.list.length, 0, 'importing alone elects nobody');
  const ids = await Promise.all([first.tcp.create(), second.tcp.create(), third.tcp.create()]);
  assert.deepEqual(ids.map(({ socketId }) => socketId).sort(), [1, 2, 3]);
  assert.equal(extension.background.hosts.length, 1);
  assert.equal(extension.onConnect.list.length, 1);
  const seen = [];
  for (const { tcp } of [first, second, third]) tcp.onReceive.addListener(({ socketId }) => seen.push(socketId));
  await settled();
  extension.host.receive(2, [1]);
  await settled();
  assert.deepEqual(seen, [2, 2, 2]);
});

test('a page that only listens takes part', async () => {
  const extension = await startPages();
  const [ear, mouth] = [await extension.page(), await extension.page()];
  const seen = [];
  ear.tcp.onReceive.addListener(({ data }) => seen.push(data.byteLength));
  await mouth.tcp.create();
  await settled();
  extension.host.receive(1, [1, 2]);
  await settled();
  assert.deepEqual(seen, [2]);
});

test('the page that is the hub is closed: calls fail with a reason, sockets say farewell, another page takes its place', async () => {
  const extension = await startPages({ handlers: { 'sockets.tcp.getInfo': () => undefined } });
  const [first, second, third] = [await extension.page(), await extension.page(), await extension.page()];
  await first.tcp.getSockets();
  await second.tcpServer.create();
  await second.tcpServer.listen(1, '127.0.0.1', 0);
  await third.tcp.getSockets();
  const trace = [];
  second.tcpServer.onAcceptError.addListener(({ socketId, resultCode }) => trace.push([socketId, resultCode]));
  third.tcp.onReceive.addListener(({ socketId }) => trace.push(['third', socketId]));
  const pending = called(second.tcp.getInfo, 1);
  await settled();
  await extension.closeHub();
  assert.deepEqual(await pending, { results: [], lastError: CLOSED });
  await settled();
  assert.deepEqual(trace, [[1, -2]]);
  assert.equal(extension.onConnect.list.length, 1);

  assert.equal(extension.background.hosts.length, 1, 'a new host comes with the next call');
  assert.deepEqual(await third.tcp.create(), { socketId: 1 });
  assert.deepEqual(await second.tcp.create(), { socketId: 2 });
  assert.equal(extension.background.hosts.length, 2);
  extension.host.receive(2, [1]);
  await settled();
  assert.deepEqual(trace.slice(1), [['third', 2]]);
});

test('a call between two hubs waits for the next', async () => {
  const extension = await startPages();
  const [first, second] = [await extension.page(), await extension.page()];
  await first.tcp.create();
  await second.tcp.create();
  const { take } = extension.locks;
  extension.locks.take = () => {};
  await extension.closeHub();
  const waiting = second.tcp.create();
  await settled();
  assert.equal(extension.background.hosts.length, 1);
  take.call(extension.locks);
  assert.deepEqual(await waiting, { socketId: 1 });
});

test('a page that is elected while its Port is still open gives the old hub up', async () => {
  const extension = await startPages({ handlers: { 'sockets.tcp.getInfo': () => undefined } });
  const [first, second] = [await extension.page(), await extension.page()];
  await first.tcp.create();
  await second.tcp.create();
  // The hub says that it is there whenever it starts a host.
  extension.host.exit();
  await first.tcp.create();
  const pending = called(second.tcp.getInfo, 2);
  await settled();
  extension.locks.take();
  assert.deepEqual(await pending, { results: [], lastError: CLOSED });
  assert.deepEqual(await second.tcp.create(), { socketId: 1 });
  assert.equal(extension.background.hosts.length, 3);
  assert.equal(extension.ports.length, 1, 'a hub does not look for another');
});

const greeter = (port) => {
  port.onMessage.addListener(({ id }) => port.postMessage({ id, result: [] }));
  port.postMessage({ hello: 1 });
};

test('a page that asks before the elected one has opened its door connects when it says so', async () => {
  const extension = await startPages();
  const second = await extension.page();
  // Somebody holds the lock and has got no further.
  extension.locks.request('chrome-sockets/hub', () => new Promise(() => {}));
  await settled();
  const waiting = second.tcp.getSockets();
  await settled();
  assert.equal(extension.ports.length, 1, 'there was nobody');
  extension.onConnect.addListener(greeter);
  new BroadcastChannel('chrome-sockets/1').postMessage('hub');
  assert.deepEqual(await waiting, []);
});

test('a door that opens while a page learns that it is closed is tried again', async () => {
  const extension = await startPages();
  const page = await extension.page();
  extension.locks.request('chrome-sockets/hub', () => new Promise(() => {}));
  await settled();
  const { runtime } = globalThis.chrome;
  runtime.connect = (info) => {
    runtime.connect = (again) => {
      extension.onConnect.addListener(greeter);
      return extension.connect(again);
    };
    new BroadcastChannel('chrome-sockets/1').postMessage('hub');
    return extension.connect(info);
  };
  assert.deepEqual(await page.tcp.getSockets(), []);
});

test('L-01 L-02: the door of an elected page opens to no content script', async () => {
  const extension = await startPages();
  const page = await extension.page();
  await page.tcp.create();
  const port = extension.connect({ name: 'chrome-sockets/1' }, { id: ID, origin: 'https://example.com' });
  port.postMessage({ id: 1, method: 'sockets.tcp.close', params: { socketId: 1 } });
  await settled();
  assert.equal(port.closed, true);
  assert.equal(extension.ports.at(-1).background.posts, 0);
  assert.deepEqual(extension.host.of('sockets.tcp.close'), []);
});

test('a page whose extension is gone: the call fails with the browser’s words', async () => {
  const extension = await startPages();
  const page = await extension.page();
  extension.locks.request('chrome-sockets/hub', () => new Promise(() => {}));
  await settled();
  globalThis.chrome.runtime.connect = () => {
    throw new Error('Extension context invalidated.');
  };
  await assert.rejects(page.tcp.getSockets(), { message: 'Extension context invalidated.' });
});
