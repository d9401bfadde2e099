import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, GUARD, readAll, sha256, useBench } from './support.js';

const bench = useBench();
const MiB = 1024 * 1024;

test('T-17 T-20 T-44 64 MiB each way at the same time arrive unchanged', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const theirs = readAll(socket);
  const ours = randomBytes(64 * MiB);
  socket.write(ours);
  const { sent, got, largest, hash, sentHash } = await bench.run(async (server) => {
    const { until, firstClient, lengthOf, bytesOf, received, call, sha256, randomBytes } = globalThis.bench;
    const client = await firstClient(server);
    const data = randomBytes(64 * 1024 * 1024);
    const sending = call('tcp', 'send', client, data.buffer);
    await until(() => lengthOf(client) >= 64 * 1024 * 1024);
    const sent = (await sending).result;
    await call('tcp', 'disconnect', client);
    return {
      sent,
      got: lengthOf(client),
      largest: Math.max(...received.get(client).map((piece) => piece.length)),
      hash: await sha256(bytesOf(client)),
      sentHash: await sha256(data),
    };
  }, server);
  assert.deepEqual(sent, { resultCode: 0, bytesSent: 64 * MiB });
  assert.equal(got, 64 * MiB);
  assert.ok(largest <= 4096, `an event of ${largest} bytes`);
  assert.equal(hash, sha256(ours));
  const bytes = await theirs;
  assert.equal(bytes.length, 64 * MiB);
  assert.equal(sha256(bytes), sentHash);
});

test('T-28 what was sent before the end arrives before the end', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const data = randomBytes(8 * MiB);
  socket.end(data);
  const result = await bench.run(async (server) => {
    const { until, firstClient, hasEnded, bytesOf, sha256, log, call } = globalThis.bench;
    const client = await firstClient(server);
    await until(() => log.at(-1).event === 'receiveError' && hasEnded(client));
    const { result: info } = await call('tcp', 'getInfo', client);
    const errors = log.filter(({ event }) => event === 'receiveError');
    return { hash: await sha256(bytesOf(client)), last: log.at(-1), errors: errors.length, info, client };
  }, server);
  assert.equal(result.hash, sha256(data));
  assert.deepEqual(result.last, { event: 'receiveError', socketId: result.client, resultCode: -100 });
  assert.equal(result.errors, 1);
  assert.equal(result.info.connected, false);
});

test('D2 a storm of pauses and resumes: nothing comes while paused, and nothing is lost', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const data = randomBytes(16 * MiB);
  socket.write(data);
  const { hash, leaks, rounds } = await bench.run(
    async (server, total) => {
      const { until, firstClient, bytesOf, sha256, lengthOf, call } = globalThis.bench;
      const client = await firstClient(server);
      let paused = false;
      let leaks = 0;
      let rounds = 0;
      const count = () => {
        if (paused) leaks += 1;
      };
      chrome.sockets.tcp.onReceive.addListener(count);
      while (lengthOf(client) < total) {
        await call('tcp', 'setPaused', client, true);
        paused = true;
        // A round trip to the host and back: whatever had been on its way has come by then.
        await call('tcp', 'getInfo', client);
        paused = false;
        const before = lengthOf(client);
        await call('tcp', 'setPaused', client, false);
        await until(() => lengthOf(client) > before || before >= total);
        rounds += 1;
      }
      chrome.sockets.tcp.onReceive.removeListener(count);
      return { hash: await sha256(bytesOf(client)), leaks, rounds };
    },
    server,
    data.length,
  );
  assert.equal(leaks, 0);
  assert.ok(rounds >= 20, `only ${rounds} rounds`);
  assert.equal(hash, sha256(data));
});

test('T-25 a paused socket holds its peer back, and everything comes after the resume', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  const socket = await connect(t, server.port);
  const data = randomBytes(32 * MiB);
  let flushed = false;
  socket.write(data, () => {
    flushed = true;
  });
  const before = await bench.run(async (server) => {
    const { firstClient, lengthOf, call } = globalThis.bench;
    const client = await firstClient(server);
    for (let i = 0; i < 100; i++) await call('tcp', 'getInfo', client);
    return lengthOf(client);
  }, server);
  assert.equal(before, 0);
  assert.equal(flushed, false, '32 MiB do not fit into the kernel');
  const hash = await bench.run(
    async (server, total) => {
      const { until, firstClient, lengthOf, bytesOf, sha256, call } = globalThis.bench;
      const client = await firstClient(server);
      await call('tcp', 'setPaused', client, false);
      await until(() => lengthOf(client) >= total);
      return sha256(bytesOf(client));
    },
    server,
    data.length,
  );
  assert.equal(hash, sha256(data));
});

test('T-45 concurrent sends keep their order, and T-53 a disconnect after them loses nothing', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const all = readAll(socket);
  const results = await bench.run(async (server) => {
    const { firstClient, call } = globalThis.bench;
    const client = await firstClient(server);
    /** @type {number[]} */
    const order = [];
    const sends = Array.from({ length: 100 }, (_, i) => {
      const sending = call('tcp', 'send', client, new Uint8Array(i * 997).fill(i).buffer);
      sending.then(() => order.push(i));
      return sending;
    });
    const results = await Promise.all(sends);
    await call('tcp', 'disconnect', client);
    return { sizes: results.map(({ result }) => result.bytesSent), order };
  }, server);
  const expected = Array.from({ length: 100 }, (_, i) => i);
  assert.deepEqual(results.order, expected);
  assert.deepEqual(
    results.sizes,
    expected.map((i) => i * 997),
  );
  assert.deepEqual(await all, Buffer.concat(expected.map((i) => Buffer.alloc(i * 997, i))));
});

test('T-51 what is sent is what the buffer held at the call', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  await bench.run(async (server) => {
    const { firstClient, call } = globalThis.bench;
    const client = await firstClient(server);
    const data = new Uint8Array([1, 2, 3]);
    const sending = call('tcp', 'send', client, data.buffer);
    data.fill(9);
    await sending;
  }, server);
  const [data] = await once(socket, 'data');
  assert.deepEqual([...data], [1, 2, 3]);
});
