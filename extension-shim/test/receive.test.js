import assert from 'node:assert/strict';
import { test } from 'node:test';
import { random, silence, start, task } from '../testing/fake-host.js';

/** A shim with one connected tcp socket, and all that its events say. */
async function connected(options) {
  const shim = await start(options);
  const { socketId } = await shim.tcp.create();
  await shim.tcp.connect(socketId, 'localhost', 7);
  const sizes = [];
  const bytes = [];
  shim.tcp.onReceive.addListener(({ socketId: id, data }) => {
    assert.equal(id, socketId);
    assert.ok(data instanceof ArrayBuffer);
    sizes.push(data.byteLength);
    bytes.push(...new Uint8Array(data));
  });
  return { ...shim, host: shim.host, socketId, sizes, bytes };
}

const base64 = (bytes) => Buffer.from(bytes).toString('base64');
const receive = (socketId, bytes, slice) => ({
  event: 'sockets.tcp.onReceive',
  params: { socketId, data: base64(bytes) },
  ...(slice && { slice }),
});

test('T-05, T-20: data is cut into slices of 4096 bytes when the message names no size', async () => {
  const { host, socketId, sizes, bytes } = await connected();
  const data = Uint8Array.from({ length: 10_000 }, (_, at) => at * 7);
  host.receive(socketId, data);
  await task();
  assert.deepEqual(sizes, [4096, 4096, 1808]);
  assert.deepEqual(bytes, [...data]);
});

test('T-18, T-19: data is cut into slices of the size that the message names', async () => {
  const { host, socketId, sizes } = await connected();
  host.receive(socketId, new Uint8Array(65536), { slice: 65536 });
  host.receive(socketId, new Uint8Array(5), { slice: 2 });
  host.receive(socketId, new Uint8Array(4), { slice: 2 });
  host.receive(socketId, new Uint8Array(2), { slice: 0 });
  await task();
  assert.deepEqual(sizes, [65536, 2, 2, 1, 2, 2, 1, 1]);
});

test('slicing loses and repeats nothing, for random sizes', async () => {
  const seed = Date.now() % 1e6;
  console.log(`seed ${seed}`);
  const next = random(seed);
  const { host, socketId, sizes, bytes } = await connected();
  for (let round = 0; round < 40; round += 1) {
    sizes.length = 0;
    bytes.length = 0;
    const slice = 1 + next(300);
    const data = Uint8Array.from({ length: 1 + next(2000) }, () => next(256));
    host.receive(socketId, data, { slice });
    await task();
    assert.deepEqual(bytes, [...data]);
    assert.ok(sizes.slice(0, -1).every((size) => size === slice) && sizes.at(-1) <= slice, `slice ${slice}: ${sizes}`);
  }
});

test('between two events the continuation of a listener runs, also behind an async function that returns a promise', async () => {
  const { host, tcp, socketId } = await connected();
  const trace = [];
  const inner = async () => Promise.resolve();
  tcp.onReceive.addListener(async ({ data }) => {
    const first = new Uint8Array(data)[0];
    trace.push(`start ${first}`);
    await inner();
    trace.push(`end ${first}`);
  });
  host.send([receive(socketId, [1, 2], 1), receive(socketId, [3])]);
  await task();
  assert.deepEqual(trace, ['start 1', 'end 1', 'start 2', 'end 2', 'start 3', 'end 3']);
});

for (const method of ['setPaused', 'close', 'disconnect']) {
  test(`the reply of ${method} comes behind the slices that came before it, and nothing of the socket follows`, async () => {
    const { host, tcp, socketId } = await connected({ handlers: { [`sockets.tcp.${method}`]: () => undefined } });
    const trace = [];
    tcp.onReceive.addListener(({ data }) => trace.push(data.byteLength));
    tcp[method](socketId, ...(method === 'setPaused' ? [true] : []), () => trace.push('reply'));
    await task();
    const [{ id }] = host.of(`sockets.tcp.${method}`);
    host.send([receive(socketId, new Uint8Array(9000)), receive(socketId, [1]), { id, result: null }]);
    await task();
    assert.deepEqual(trace, [4096, 4096, 808, 1, 'reply']);
  });
}

test('a listener added when connect resolves gets data of the same frame', async () => {
  const shim = await start({ handlers: { 'sockets.tcp.connect': () => undefined } });
  const { socketId } = await shim.tcp.create();
  const seen = [];
  const ready = shim.tcp.connect(socketId, 'localhost', 7).then(() => {
    shim.tcp.onReceive.addListener(({ data }) => seen.push(data.byteLength));
  });
  await task();
  const [{ id }] = shim.host.of('sockets.tcp.connect');
  shim.host.send([{ id, result: 0 }, receive(socketId, [1, 2, 3])]);
  await ready;
  await task();
  assert.deepEqual(seen, [3]);
});

test('S-68, T-87: without a listener an event is dropped without a word; it does not wait for one', async (t) => {
  const lines = silence(t, 'error', 'warn');
  const shim = await start();
  const { socketId } = await shim.tcp.create();
  shim.host.receive(socketId, [1]);
  shim.host.event('sockets.tcpServer.onAccept', { socketId: 3, clientSocketId: 4 });
  await task();
  const seen = [];
  shim.tcp.onReceive.addListener((info) => seen.push(info));
  shim.tcpServer.onAccept.addListener((info) => seen.push(info));
  await task();
  assert.deepEqual(seen, []);
  assert.deepEqual(lines, []);
});

test('a listener that throws does not stop the events behind it', async (t) => {
  silence(t, 'error');
  const { host, tcp, socketId, sizes } = await connected();
  tcp.onReceive.addListener(() => {
    throw new Error('mine');
  });
  host.send([receive(socketId, new Uint8Array(5000)), receive(socketId, [1])]);
  await task();
  assert.deepEqual(sizes, [4096, 904, 1]);
});

test('invalid base64, an unknown event and a message without sense stop nothing', async (t) => {
  const lines = silence(t, 'error');
  const { host, socketId, sizes } = await connected();
  host.send([
    { event: 'sockets.tcp.onReceive', params: { socketId, data: '*' } },
    { event: 'sockets.quic.onReceive', params: { socketId } },
    null,
    { event: 'sockets.tcp.onReceive' },
    { id: 12345, result: 0 },
    receive(socketId, [1]),
  ]);
  host.send(17);
  host.receive(socketId, [2, 3]);
  await task();
  assert.deepEqual(sizes, [1, 2]);
  assert.ok(lines.length >= 3, 'each is reported');
});

test('a host.error is reported on the console', async (t) => {
  const lines = silence(t, 'error');
  const { host } = await connected();
  host.event('host.error', { message: 'Unparsable frame' });
  assert.deepEqual(lines, ['chrome-sockets: the host reports: Unparsable frame']);
});

test('calls made by the listeners of a batch of events go out in few frames', async () => {
  const { host, tcp, socketId } = await connected();
  const sent = [];
  tcp.onReceive.addListener(({ data }) => sent.push(tcp.send(socketId, data)));
  const before = host.frames.length;
  host.send(Array.from({ length: 64 }, () => receive(socketId, [1])));
  await task();
  await Promise.all(sent);
  assert.equal(host.of('sockets.tcp.send').length, 64);
  assert.ok(host.frames.length - before <= 3, `${host.frames.length - before} frames`);
});

test('onAccept and the error events reach the app as they are', async () => {
  const { host, tcpServer, tcp } = await connected();
  const seen = [];
  tcpServer.onAccept.addListener((info) => seen.push(info));
  tcpServer.onAcceptError.addListener((info) => seen.push(info));
  tcp.onReceiveError.addListener((info) => seen.push(info));
  host.event('sockets.tcpServer.onAccept', { socketId: 3, clientSocketId: 4 });
  host.event('sockets.tcpServer.onAcceptError', { socketId: 3, resultCode: -12 });
  host.event('sockets.tcp.onReceiveError', { socketId: 4, resultCode: -100 });
  await task();
  assert.deepEqual(seen, [
    { socketId: 3, clientSocketId: 4 },
    { socketId: 3, resultCode: -12 },
    { socketId: 4, resultCode: -100 },
  ]);
});
