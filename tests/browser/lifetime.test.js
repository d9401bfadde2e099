import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, eventually, GUARD, hosts, useBench } from './support.js';

const bench = useBench();

test('L-13 host killed: servers and reading sockets hear of it, and the next call works', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const reading = await connect(t, server.port);
  reading.resume();
  const ids = await bench.run(async (server) => {
    const { firstClient, until, log, call } = globalThis.bench;
    const client = await firstClient(server);
    const second = (await call('tcpServer', 'create', {})).result.socketId;
    await call('tcpServer', 'listen', second, '127.0.0.1', 0);
    const silent = (await call('tcpServer', 'create', {})).result.socketId;
    // The socket is read from: something has come out of it.
    globalThis.ready = until(() => log.some(({ event }) => event === 'receive'));
    return { client, second, silent };
  }, server);
  reading.write('x');
  await bench.run(() => globalThis.ready.then(() => {}));
  const [host] = await hosts(bench.session);
  const lost = bench.run(
    async (server, { client, second }) => {
      const { until, log, call } = globalThis.bench;
      const errors = () => log.filter(({ event }) => event === 'acceptError' || event === 'receiveError');
      await until(() => errors().length >= 3);
      const { result: left } = await call('tcpServer', 'getSockets');
      const known = (id) => ({ [server.socketId]: 'server', [second]: 'second', [client]: 'client' })[id] ?? 'other';
      return { errors: errors().map((e) => `${e.event} ${known(e.socketId)} ${e.resultCode}`), left };
    },
    server,
    ids,
  );
  process.kill(host.pid, 'SIGKILL');
  await once(reading, 'close');
  const { errors, left } = await lost;
  assert.deepEqual(errors.sort(), ['acceptError second -2', 'acceptError server -2', 'receiveError client -100']);
  assert.deepEqual(left, []);

  const again = await bench.run(() => globalThis.bench.listen());
  assert.ok(again.socketId > Math.max(...Object.values(ids)), 'ids are never used again');
  const socket = await connect(t, again.port);
  const arrived = bench.run(async (server) => globalThis.bench.firstClient(server), again);
  socket.write('hello');
  assert.ok((await arrived) > again.socketId);
  const [next] = await hosts(bench.session);
  assert.notEqual(next.pid, host.pid);
});

test('a call that waits when the host dies is answered with a reason', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  await connect(t, server.port);
  // A send to a peer that does not read cannot be answered before the host's death.
  const waiting = bench.run(async (server) => {
    const { firstClient, call } = globalThis.bench;
    const client = await firstClient(server);
    globalThis.sending = call('tcp', 'send', client, new ArrayBuffer(64 * 1024 * 1024));
    await call('tcp', 'getInfo', client);
  }, server);
  await waiting;
  for (const { pid } of await hosts(bench.session)) process.kill(pid, 'SIGKILL');
  const { error } = await bench.run(() => globalThis.sending);
  assert.match(error, /^The native messaging host \S+ (has exited|is gone)/);
});

test('the host ends when nobody needs it, and starts again', GUARD, async () => {
  await bench.run(() => globalThis.bench.call('tcp', 'create', {}));
  assert.equal((await hosts(bench.session)).length, 1);
  await bench.run(() => globalThis.bench.reset());
  await eventually(async () => (await hosts(bench.session)).length === 0);
  await bench.run(() => globalThis.bench.listen());
  assert.equal((await hosts(bench.session)).length, 1);
});
