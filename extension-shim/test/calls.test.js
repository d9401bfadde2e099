import assert from 'node:assert/strict';
import { test } from 'node:test';
import { called, silence, start, task } from '../testing/fake-host.js';

const NOT_FOUND = { error: { message: 'Socket not found' } };

test('B-22: without a callback create returns a promise of {socketId}', async () => {
  const { tcpServer } = await start();
  assert.deepEqual(await tcpServer.create(), { socketId: 1 });
});

test('B-23: a promise rejects with an Error whose message is the text', async () => {
  const { tcp } = await start({ handlers: { 'sockets.tcp.getInfo': () => NOT_FOUND } });
  await assert.rejects(tcp.getInfo(9999), (error) => {
    assert.ok(error instanceof Error);
    assert.equal(error.message, 'Socket not found');
    assert.equal('resultCode' in error, false);
    return true;
  });
});

test('B-02, B-24 (D10): the methods that Chrome keeps callback-only return promises too', async () => {
  const { tcp, tcpServer } = await start({
    handlers: {
      'sockets.tcp.connect': () => ({ error: { message: 'net::ERR_CONNECTION_REFUSED', code: -102 }, result: -102 }),
      'sockets.tcp.send': () => ({ result: { resultCode: 0, bytesSent: 1 } }),
    },
  });
  await assert.rejects(tcp.connect(1, 'localhost', 1), { message: 'net::ERR_CONNECTION_REFUSED', resultCode: -102 });
  assert.deepEqual(await tcp.send(1, new Uint8Array(1)), { resultCode: 0, bytesSent: 1 });
  assert.equal(await tcpServer.listen(1, '127.0.0.1', 0), 0);
  assert.equal(await tcp.setKeepAlive(1, true), 0);
  assert.equal(await tcp.setNoDelay(1, true), 0);
});

test('B-28 (D10): a call without a callback that fails throws nothing, and its promise rejects', async () => {
  const { tcp } = await start({ handlers: { 'sockets.tcp.close': () => NOT_FOUND } });
  const closing = tcp.close(9999);
  await assert.rejects(closing, { message: 'Socket not found' });
});

test('B-25: an explicit undefined or null callback gives a promise', async () => {
  const { tcp } = await start();
  for (const absent of [undefined, null]) {
    assert.deepEqual(await tcp.getSockets(absent), []);
    assert.equal(typeof (await tcp.create({}, absent)).socketId, 'number');
    assert.equal(await tcp.close(1, absent), undefined);
    assert.equal(await tcp.getInfo(1, absent), undefined);
  }
});

test('B-26, B-29: lastError is there while a failing callback runs, and only then', async () => {
  const { tcp, chrome } = await start({ handlers: { 'sockets.tcp.close': () => NOT_FOUND } });
  assert.deepEqual(await called(tcp.close, 9), { results: [], lastError: 'Socket not found' });
  await task();
  assert.equal('lastError' in chrome.runtime, false);
  assert.deepEqual(await called(tcp.getSockets), { results: [[]], lastError: undefined });
});

test('a failure with a code gives the callback the code and lastError', async () => {
  const { tcp, tcpServer } = await start({
    handlers: {
      'sockets.tcpServer.listen': () => ({ error: { message: 'net::ERR_ADDRESS_IN_USE', code: -147 }, result: -147 }),
      'sockets.tcp.send': () => ({
        error: { message: 'net::ERR_SOCKET_NOT_CONNECTED', code: -15 },
        result: { resultCode: -15 },
      }),
    },
  });
  assert.deepEqual(await called(tcpServer.listen, 1, '127.0.0.1', 80), {
    results: [-147],
    lastError: 'net::ERR_ADDRESS_IN_USE',
  });
  assert.deepEqual(await called(tcp.send, 1, new ArrayBuffer(1)), {
    results: [{ resultCode: -15 }],
    lastError: 'net::ERR_SOCKET_NOT_CONNECTED',
  });
});

test('success without a value calls back without arguments, and resolves with undefined', async () => {
  const { tcp } = await start();
  assert.deepEqual((await called(tcp.setPaused, 1, true)).results, []);
  assert.equal(await tcp.setPaused(1, true), undefined);
});

test('B-27: an error that nobody reads is reported on the console', async (t) => {
  const lines = silence(t, 'error');
  const { tcp } = await start({ handlers: { 'sockets.tcp.close': () => NOT_FOUND } });
  await new Promise((resolve) => tcp.close(9999, resolve));
  await task();
  assert.deepEqual(lines, ['Unchecked runtime.lastError: Socket not found']);
});

test('an error that is read is not reported', async (t) => {
  const lines = silence(t, 'error');
  const { tcp } = await start({ handlers: { 'sockets.tcp.close': () => NOT_FOUND } });
  await called(tcp.close, 9999);
  await task();
  assert.deepEqual(lines, []);
});

test("lastError: an accessor as Firefox's comes back from its descriptor", async () => {
  const { tcp, chrome } = await start({ handlers: { 'sockets.tcp.close': () => NOT_FOUND } });
  const get = () => null;
  Object.defineProperty(chrome.runtime, 'lastError', { get, configurable: true, enumerable: true });
  assert.equal((await called(tcp.close, 9)).lastError, 'Socket not found');
  await task();
  assert.equal(Object.getOwnPropertyDescriptor(chrome.runtime, 'lastError').get, get);
});

test('a callback that throws is reported and lastError goes all the same', async (t) => {
  const lines = silence(t, 'error');
  const { tcp, chrome } = await start({ handlers: { 'sockets.tcp.close': () => NOT_FOUND } });
  tcp.close(9, () => {
    assert.ok(chrome.runtime.lastError);
    throw new Error('of the app');
  });
  assert.deepEqual(await tcp.getSockets(), []);
  assert.equal('lastError' in chrome.runtime, false);
  assert.deepEqual(lines, ['Error handling response: Error: of the app']);
});

test('a method works when taken off its object', async () => {
  const { tcp } = await start();
  const { create } = tcp;
  assert.equal(create.name, 'create');
  assert.deepEqual(await create(), { socketId: 1 });
});

test('the calls of one microtask share a frame, behind the hello', async () => {
  const shim = await start();
  await Promise.all([shim.tcp.create(), shim.tcpServer.create(), shim.tcp.getSockets()]);
  assert.equal(shim.host.frames.length, 1);
  assert.deepEqual(
    shim.host.frames[0].map(({ method }) => method),
    ['host.hello', 'sockets.tcp.create', 'sockets.tcpServer.create', 'sockets.tcp.getSockets'],
  );
});

test('a single call is posted as it is, with only the arguments that are there', async () => {
  const shim = await start();
  await shim.tcpServer.create({ name: 'web', persistent: undefined });
  await shim.tcpServer.listen(1, '127.0.0.1', 8080, null);
  assert.deepEqual(shim.host.frames[1], {
    id: 3,
    method: 'sockets.tcpServer.listen',
    params: { socketId: 1, address: '127.0.0.1', port: 8080 },
  });
  assert.deepEqual(shim.host.messages[1].params, { properties: { name: 'web' } });
});

test('a reply in parts is put together', async () => {
  const shim = await start({ handlers: { 'sockets.tcp.getSockets': () => undefined } });
  const sockets = shim.tcp.getSockets();
  await task();
  const [{ id }] = shim.host.of('sockets.tcp.getSockets');
  shim.host.send([
    { id, part: [{ socketId: 1 }, { socketId: 2 }] },
    { id, part: [{ socketId: 3 }] },
  ]);
  shim.host.send({ id, result: [{ socketId: 4 }] });
  assert.deepEqual(
    (await sockets).map(({ socketId }) => socketId),
    [1, 2, 3, 4],
  );
});
