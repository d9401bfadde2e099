import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { connect, GUARD, useBench } from './support.js';

// The behaviour that a service worker sees, through all layers. Names give the assertions of the specification.
const bench = useBench();
const NOT_FOUND = 'Socket not found';

test('S-01 S-02 S-03 S-04 create and getInfo', GUARD, async () => {
  const [plain, named] = await bench.run(async () => {
    const { call } = globalThis.bench;
    const infos = [];
    for (const properties of [{}, { name: 'a', persistent: true }]) {
      const { socketId } = (await call('tcpServer', 'create', properties)).result;
      const { result } = await call('tcpServer', 'getInfo', socketId);
      infos.push({ ...result, sameId: result.socketId === socketId, socketId: result.socketId > 0 });
    }
    return infos;
  });
  assert.deepEqual(plain, { socketId: true, sameId: true, persistent: false, paused: false });
  assert.deepEqual(named, { socketId: true, sameId: true, persistent: true, paused: false, name: 'a' });
});

test('S-12 S-13 S-14 S-15 S-16 T-06 T-12 T-48 T-59 unknown ids, each in the form of its method', GUARD, async () => {
  const answers = await bench.run(async () => {
    const { call } = globalThis.bench;
    const calls = [
      call('tcpServer', 'update', 99_999, {}),
      call('tcpServer', 'setPaused', 99_999, true),
      call('tcpServer', 'listen', 99_999, '127.0.0.1', 0),
      call('tcpServer', 'disconnect', 99_999),
      call('tcpServer', 'close', 99_999),
      call('tcpServer', 'getInfo', 99_999),
      call('tcp', 'getInfo', 99_999),
      call('tcp', 'connect', 99_999, '127.0.0.1', 1),
      call('tcp', 'send', 99_999, new ArrayBuffer(1)),
      call('tcp', 'setKeepAlive', 99_999, true),
      call('tcp', 'setNoDelay', 99_999, true),
    ];
    return (await Promise.all(calls)).map(({ result, error }) => [result ?? null, error]);
  });
  assert.deepEqual(answers, [...Array(9).fill([null, NOT_FOUND]), [-2, NOT_FOUND], [-2, NOT_FOUND]]);
});

test('S-19 S-20 S-22 S-24 listen, and a port that is taken', GUARD, async (t) => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (taken.address());
  const [busy, info, retry] = await bench.run(async (port) => {
    const { call } = globalThis.bench;
    const { socketId } = (await call('tcpServer', 'create', {})).result;
    const { result, error } = await call('tcpServer', 'listen', socketId, '127.0.0.1', port);
    const info = (await call('tcpServer', 'getInfo', socketId)).result;
    return [[result, error], Object.keys(info), (await call('tcpServer', 'listen', socketId, '127.0.0.1', 0)).result];
  }, port);
  assert.deepEqual(busy, [-147, 'net::ERR_ADDRESS_IN_USE']);
  assert.ok(!info.includes('localAddress'));
  assert.equal(retry, 0);
});

test('S-25 S-33 S-37 S-39 listen that is refused', GUARD, async () => {
  const answers = await bench.run(async () => {
    const { call } = globalThis.bench;
    const { socketId } = (await call('tcpServer', 'create', {})).result;
    const outcomes = [];
    for (const args of [
      ['127.0.0.1', 0, 0],
      ['0.0.0.0', 0],
      ['localhost', 0],
      ['nonsense', 0],
    ]) {
      const { result, error } = await call('tcpServer', 'listen', socketId, ...args);
      outcomes.push([result ?? null, error]);
    }
    return outcomes;
  });
  const denied = [null, 'Does not have permission'];
  assert.deepEqual(answers, [[-4, 'net::ERR_INVALID_ARGUMENT'], denied, denied, denied]);
});

test('S-42 S-43 S-44 S-45 accepts: keys, order, and never before the answer of listen', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  const ports = [];
  for (let i = 0; i < 10; i++) ports.push((await connect(t, server.port)).localPort);
  const { keys, ids, peers } = await bench.run(async ({ socketId }) => {
    const { until, accepted, log, call } = globalThis.bench;
    const ids = await until(() => accepted(socketId).length === 10 && accepted(socketId));
    const infos = await Promise.all(ids.map((id) => call('tcp', 'getInfo', id)));
    return { keys: Object.keys(log[0]), ids, peers: infos.map(({ result }) => result.peerPort) };
  }, server);
  assert.deepEqual(keys.sort(), ['clientSocketId', 'event', 'socketId']);
  assert.equal(new Set(ids).size, 10);
  assert.deepEqual(peers, ports);
});

test('S-46 T-71 T-74 an accepted socket is paused, and loses nothing', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  const socket = await connect(t, server.port);
  await new Promise((resolve) => socket.write('first ', resolve));
  const info = await bench.run(async (server) => {
    const { firstClient, call } = globalThis.bench;
    const client = await firstClient(server);
    const { result } = await call('tcp', 'getInfo', client);
    await call('tcp', 'setPaused', client, false);
    return result;
  }, server);
  assert.equal(info.paused, true);
  assert.equal(info.connected, true);
  assert.equal(info.peerAddress, '127.0.0.1');
  assert.equal(info.peerPort, socket.localPort);
  // D6: where Chromium leaves these out.
  assert.deepEqual([info.localAddress, info.localPort], ['127.0.0.1', server.port]);
  socket.write('second');
  const text = await bench.run(async (server) => {
    const { until, firstClient, lengthOf, bytesOf } = globalThis.bench;
    const client = await firstClient(server);
    await until(() => lengthOf(client) === 12);
    return new TextDecoder().decode(bytesOf(client));
  }, server);
  assert.equal(text, 'first second');
});

test('S-49 S-51 D1 D2 a paused server accepts nothing, and goes on afterwards', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  await bench.run(({ socketId }) => globalThis.bench.call('tcpServer', 'setPaused', socketId, true), server);
  for (let i = 0; i < 5; i++) await connect(t, server.port);
  const [during, after] = await bench.run(async ({ socketId }) => {
    const { call, until, accepted } = globalThis.bench;
    for (let i = 0; i < 50; i++) await call('tcpServer', 'getInfo', socketId);
    const during = accepted(socketId).length;
    await call('tcpServer', 'setPaused', socketId, false);
    await until(() => accepted(socketId).length === 5);
    return [during, accepted(socketId).length];
  }, server);
  assert.deepEqual([during, after], [0, 5]);
});

test('S-57 S-58 S-61 S-63 S-64 disconnect, listen again, close; clients stay', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const result = await bench.run(async (server) => {
    const { call, firstClient, log } = globalThis.bench;
    const client = await firstClient(server);
    await call('tcpServer', 'disconnect', server.socketId);
    const keys = Object.keys((await call('tcpServer', 'getInfo', server.socketId)).result);
    const again = (await call('tcpServer', 'listen', server.socketId, '127.0.0.1', server.port)).result;
    await call('tcpServer', 'close', server.socketId);
    const { error } = await call('tcpServer', 'getInfo', server.socketId);
    const sent = (await call('tcp', 'send', client, new Uint8Array([42]).buffer)).result;
    return { keys, again, error, sent, errors: log.filter(({ event }) => event === 'acceptError').length };
  }, server);
  assert.ok(!result.keys.includes('localPort'));
  assert.deepEqual([result.again, result.error, result.errors], [0, NOT_FOUND, 0]);
  assert.deepEqual(result.sent, { resultCode: 0, bytesSent: 1 });
  const [data] = await once(socket, 'data');
  assert.deepEqual([...data], [42]);
  const refused = net.connect(server.port, '127.0.0.1');
  const [error] = await once(refused, 'error');
  assert.equal(error.code, 'ECONNREFUSED');
});

test('S-76 300 connections at once are all accepted', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  await Promise.all(Array.from({ length: 300 }, () => connect(t, server.port)));
  const count = await bench.run(async ({ socketId }) => {
    const { until, accepted } = globalThis.bench;
    await until(() => accepted(socketId).length >= 300);
    return new Set(accepted(socketId)).size;
  }, server);
  assert.equal(count, 300);
});

test('T-08 T-09 connect, its information, and a port that refuses', GUARD, async (t) => {
  const peer = net.createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  t.after(() => peer.close());
  await once(peer, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (peer.address());
  const result = await bench.run(async (port) => {
    const { call, until, hasEnded, bytesOf, log } = globalThis.bench;
    const { socketId } = (await call('tcp', 'create', {})).result;
    await call('tcp', 'setPaused', socketId, true);
    const code = (await call('tcp', 'connect', socketId, '127.0.0.1', port)).result;
    const info = (await call('tcp', 'getInfo', socketId)).result;
    const before = log.length;
    await call('tcp', 'setPaused', socketId, false);
    await until(() => hasEnded(socketId));
    return { code, info, before, text: new TextDecoder().decode(bytesOf(socketId)) };
  }, port);
  assert.equal(result.code, 0);
  assert.deepEqual([result.info.connected, result.info.peerAddress, result.info.peerPort], [true, '127.0.0.1', port]);
  assert.deepEqual([result.before, result.text], [0, 'hello']);
  peer.close();
  await once(peer, 'close');
  const refused = await bench.run(async (port) => {
    const { call } = globalThis.bench;
    const { socketId } = (await call('tcp', 'create', {})).result;
    const { result, error } = await call('tcp', 'connect', socketId, '127.0.0.1', port);
    return [result, error];
  }, port);
  assert.deepEqual(refused, [-102, 'net::ERR_CONNECTION_REFUSED']);
});

test('T-34 T-40 a local end: the callback first, then -100, once', GUARD, async (t) => {
  for (const method of ['disconnect', 'close']) {
    const server = await bench.run(() => globalThis.bench.listen());
    const socket = await connect(t, server.port);
    socket.resume();
    const closed = once(socket, 'close');
    socket.write('x');
    const { before, after } = await bench.run(
      async (server, method) => {
        const { call, firstClient, until, lengthOf, hasEnded, log } = globalThis.bench;
        const client = await firstClient(server);
        await until(() => lengthOf(client) === 1);
        const { at } = await call('tcp', method, client);
        const before = log.slice(0, at).some(({ event }) => event === 'receiveError');
        await until(() => hasEnded(client));
        return { before, after: log.filter((entry) => entry.event === 'receiveError' && entry.socketId === client) };
      },
      server,
      method,
    );
    assert.equal(before, false, method);
    assert.deepEqual(
      after.map((/** @type {any} */ entry) => entry.resultCode),
      [-100],
      method,
    );
    await closed;
    await bench.run(() => globalThis.bench.reset());
  }
});

test('B-01 B-17 B-20 wrong types are thrown in Chrome’s words', GUARD, async () => {
  const messages = await bench.run(() => {
    const attempt = (/** @type {() => void} */ action) => {
      try {
        action();
        return 'nothing';
      } catch (error) {
        // By its name: in Firefox the test runs in a page, and the background has a TypeError of its own.
        return `${/** @type {Error} */ (error).name}: ${/** @type {Error} */ (error).message}`;
      }
    };
    const { tcp, tcpServer } = /** @type {any} */ (chrome).sockets;
    return [
      attempt(() => tcpServer.listen()),
      attempt(() => tcp.send(1, 'text', () => {})),
      attempt(() => tcp.connect(1, 'h', 1, 'ipv5', () => {})),
    ];
  });
  for (const message of messages) assert.match(message, /^TypeError: Error in invocation of sockets\./);
  assert.match(messages[2], /any, ipv4, ipv6/);
});
