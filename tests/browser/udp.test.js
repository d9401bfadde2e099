import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { GUARD, useBench } from './support.js';

// sockets.udp as a service worker sees it, through all layers. Names give the assertions of the specification.
const bench = useBench();

/**
 * A socket of Node that sends back what it gets.
 *
 * @param {import('node:test').TestContext} t
 */
async function echo(t) {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await once(socket, 'listening');
  socket.on('message', (data, { port }) => socket.send(data, port, '127.0.0.1'));
  return socket.address().port;
}

test('U-01 U-03 U-04 U-25 create, bind, getInfo, close', GUARD, async () => {
  const [before, after, again, info, closed, gone] = await bench.run(async () => {
    const { call } = globalThis.bench;
    const { socketId } = (await call('udp', 'create', { name: 'u' })).result;
    const before = (await call('udp', 'getInfo', socketId)).result;
    const bound = await call('udp', 'bind', socketId, '127.0.0.1', 0);
    const again = await call('udp', 'bind', socketId, '127.0.0.1', 0);
    const { localPort, ...info } = (await call('udp', 'getInfo', socketId)).result;
    const closed = await call('udp', 'close', socketId);
    const gone = await call('udp', 'getInfo', socketId);
    return [
      Object.keys(before).sort(),
      bound.result,
      [again.result, again.error],
      { ...info, socketId: 0, localPort: localPort > 0 },
      [closed.result ?? null, closed.error ?? null],
      gone.error,
    ];
  });
  assert.deepEqual(before, ['name', 'paused', 'persistent', 'socketId']);
  assert.equal(after, 0);
  assert.deepEqual(again, [-104, 'net::ERR_CONNECTION_FAILED']);
  assert.deepEqual(info, {
    socketId: 0,
    name: 'u',
    persistent: false,
    paused: false,
    localAddress: '127.0.0.1',
    localPort: true,
  });
  assert.deepEqual(closed, [null, null]);
  assert.equal(gone, 'Socket not found');
});

test('U-09 U-10 U-16 U-17 U-20 datagrams go to a peer and come back as they were', GUARD, async (t) => {
  const port = await echo(t);
  const echoed = await bench.run(async (port) => {
    const { call } = globalThis.bench;
    const { socketId } = (await call('udp', 'create', { bufferSize: 65_507 })).result;
    await call('udp', 'bind', socketId, '127.0.0.1', 0);
    const outcomes = [];
    for (const length of [0, 1, 4096, 65_507]) {
      const whole = new Uint8Array(length + 2).map((_, at) => at * 7);
      const data = whole.subarray(1, length + 1);
      const event = new Promise((resolve) => {
        const listener = (info) => {
          chrome.sockets.udp.onReceive.removeListener(listener);
          resolve(info);
        };
        chrome.sockets.udp.onReceive.addListener(listener);
      });
      const { result, error } = await call('udp', 'send', socketId, data, '127.0.0.1', port);
      const info = await event;
      const bytes = new Uint8Array(info.data);
      outcomes.push({
        length,
        sent: [result.resultCode, result.bytesSent, error ?? null],
        same: bytes.length === length && bytes.every((byte, at) => byte === data[at]),
        from: [info.remoteAddress, info.remotePort === port],
        keys: Object.keys(info).sort().join(' '),
        own: info.socketId === socketId,
      });
    }
    return outcomes;
  }, port);
  for (const { length, ...outcome } of echoed) {
    assert.deepEqual(
      outcome,
      {
        sent: [0, length, null],
        same: true,
        from: ['127.0.0.1', true],
        keys: 'data remoteAddress remotePort socketId',
        own: true,
      },
      `${length} bytes`,
    );
  }
});

test('U-07 U-11 U-14 U-15 U-21 what is refused, and what is too long', GUARD, async () => {
  const [unbound, tooLong, denied, lost, paused] = await bench.run(async () => {
    const { call } = globalThis.bench;
    const outcome = ({ result, error }) => [result?.resultCode ?? result ?? null, error];
    const { socketId } = (await call('udp', 'create', {})).result;
    const unbound = outcome(await call('udp', 'send', socketId, new ArrayBuffer(1), '127.0.0.1', 9));
    const denied = outcome(await call('udp', 'bind', socketId, '0.0.0.0', 0));
    await call('udp', 'bind', socketId, '127.0.0.1', 0);
    const { localPort } = (await call('udp', 'getInfo', socketId)).result;
    const tooLong = [];
    for (const length of [65_508, 65_536, 1 << 20]) {
      tooLong.push(outcome(await call('udp', 'send', socketId, new ArrayBuffer(length), '127.0.0.1', localPort)));
    }
    const error = new Promise((resolve) => chrome.sockets.udp.onReceiveError.addListener(resolve));
    await call('udp', 'send', socketId, new ArrayBuffer(4097), '127.0.0.1', localPort);
    const { resultCode } = await error;
    return [unbound, tooLong, denied, resultCode, (await call('udp', 'getInfo', socketId)).result.paused];
  });
  assert.deepEqual(unbound, [-15, 'net::ERR_SOCKET_NOT_CONNECTED']);
  assert.deepEqual(denied, [null, 'App does not have permission']);
  for (const answer of tooLong) assert.deepEqual(answer, [-142, 'net::ERR_MSG_TOO_BIG']);
  assert.deepEqual([lost, paused], [-142, true]);
});

test('U-47 two sockets of the extension talk to each other, a thousand times', GUARD, async () => {
  const received = await bench.run(async () => {
    const { call } = globalThis.bench;
    const { udp } = chrome.sockets;
    const open = async () => {
      const { socketId } = (await call('udp', 'create', {})).result;
      await call('udp', 'bind', socketId, '127.0.0.1', 0);
      return { socketId, port: (await call('udp', 'getInfo', socketId)).result.localPort };
    };
    const [one, other] = [await open(), await open()];
    let turns = 0;
    return new Promise((resolve) => {
      udp.onReceive.addListener(({ socketId, data, remotePort }) => {
        const sender = socketId === one.socketId ? other : one;
        if (remotePort !== sender.port) resolve(`from ${remotePort}`);
        turns += 1;
        if (turns === 1000) resolve(turns);
        else udp.send(socketId, data, '127.0.0.1', remotePort, () => void chrome.runtime.lastError);
      });
      udp.send(one.socketId, new Uint8Array([7]), '127.0.0.1', other.port, () => {});
    });
  });
  assert.equal(received, 1000);
});
