import assert from 'node:assert/strict';
import { test } from 'node:test';
import { called, silence, start, task } from '../testing/fake-host.js';

const news = { priority: -1, trace: { id: 1, event: 'x', part: [] }, lanes: [null] };

test('a host from the future: unknown features, members, events and methods of its own are nothing at all', async (t) => {
  const lines = silence(t, 'error', 'warn');
  const shim = await start({
    handlers: {
      'host.hello': () => ({
        ...news,
        result: {
          protocol: 1,
          host: '99.0.0',
          features: ['lane', 'persistence'],
          limits: { sockets: 5, lanes: 7 },
          credit: { socket: 1, port: 2, accepts: 3, datagrams: 4 },
          sendWindow: 4_194_304,
          ...news,
        },
      }),
      'sockets.tcp.create': () => ({ result: { socketId: 1, ...news }, ...news }),
    },
  });
  const heard = [];
  shim.tcp.onReceive.addListener(({ socketId, data }) => heard.push([socketId, data.byteLength]));
  shim.tcp.onReceiveError.addListener((info) => heard.push(info.resultCode));
  assert.equal((await shim.tcp.create()).socketId, 1);
  await shim.tcp.connect(1, 'localhost', 7);
  shim.host.send([
    { event: 'host.lane', params: { port: 1 } },
    { event: 'sockets.quic.onReceive', params: { socketId: 1, data: 'AA==' } },
    { event: 'sockets.tcp.onSecured', params: { socketId: 1 }, ...news },
    { event: 'sockets.tcp.onReceive', params: { socketId: 1, data: 'AAAA', ...news }, ...news },
    { id: 999_999, result: 0, ...news },
    { event: 'host.ack', params: { bytes: 0, ...news }, ...news },
    { event: 'sockets.tcp.onReceiveError', params: { socketId: 1, resultCode: -100, ...news }, ...news },
  ]);
  await task();
  assert.deepEqual(heard, [[1, 3], -100]);
  assert.deepEqual(lines, []);
});

test('a host from the future may leave out what this shim can do without', async () => {
  const result = { resultCode: 0, bytesSent: 200_000 };
  const shim = await start({
    handlers: { 'host.hello': () => ({ result: { protocol: 1 } }), 'sockets.tcp.send': () => ({ result }) },
  });
  assert.deepEqual(await shim.tcp.create(), { socketId: 1 });
  assert.deepEqual(await shim.tcp.send(1, new Uint8Array(200_000)), result);
});

test('a host from the past: a method that it does not know fails, and nothing else', async () => {
  const message = 'Unknown method: sockets.tcp.setNoDelay';
  const shim = await start({ handlers: { 'sockets.tcp.setNoDelay': () => ({ error: { message } }) } });
  await shim.tcp.create();
  assert.deepEqual(await called(shim.tcp.setNoDelay, 1, true), { results: [], lastError: message });
  assert.deepEqual(await shim.tcp.getSockets(), []);
});
