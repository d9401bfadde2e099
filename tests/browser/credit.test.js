import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { connect, GUARD, sha256, useBench } from './support.js';

// The host may have so many bytes and accepted connections on their way, and gets leave for more when the worker has
// dealt with them. Each test would stand still if some leave were never given back.
const bench = useBench();

test('5,000 connections of 500 bytes each: small sockets give their share back', GUARD, async () => {
  const server = await bench.run(() => globalThis.bench.listen());
  const counting = bench.run(async ({ socketId }) => {
    const { until, accepted, lengths, log, call } = globalThis.bench;
    let seen = 0;
    let ended = 0;
    await until(() => {
      for (; seen < log.length; seen++) {
        if (log[seen].event !== 'receiveError') continue;
        ended += 1;
        call('tcp', 'close', log[seen].socketId);
      }
      return ended === 5_000;
    });
    return { accepted: new Set(accepted(socketId)).size, sizes: [...new Set(lengths.values())], sockets: lengths.size };
  }, server);
  const body = randomBytes(500);
  for (let batch = 0; batch < 50; batch++) {
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const socket = net.connect({ port: server.port, host: '127.0.0.1' });
        socket.resume();
        socket.end(body);
        await once(socket, 'close');
      }),
    );
  }
  assert.deepEqual(await counting, { accepted: 5_000, sizes: [500], sockets: 5_000 });
});

test('100 sockets that hold 60 KiB each: below each one’s threshold, far above the port’s', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  const body = randomBytes(60 * 1024);
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      const socket = await connect(t, server.port);
      await new Promise((resolve) => socket.write(body, resolve));
    }),
  );
  const hashes = await bench.run(async ({ socketId }) => {
    const { until, accepted, log, bytesOf, sha256, call } = globalThis.bench;
    const clients = await until(() => accepted(socketId).length === 100 && accepted(socketId));
    // All at once, and none of them ever ends.
    await Promise.all(clients.map((client) => call('tcp', 'setPaused', client, false)));
    let total = 0;
    let seen = 0;
    await until(() => {
      for (; seen < log.length; seen++) if (log[seen].event === 'receive') total += log[seen].length;
      return total === 100 * 60 * 1024;
    });
    return Promise.all(clients.map((client) => sha256(bytesOf(client))));
  }, server);
  assert.equal(hashes.length, 100);
  assert.deepEqual(new Set(hashes), new Set([sha256(body)]));
});

test('a listener that throws stops neither the others nor the flow', GUARD, async (t) => {
  const server = await bench.run(() => globalThis.bench.listen());
  const data = randomBytes(8 * 1024 * 1024);
  const receiving = bench.run(
    async (server, total) => {
      const { until, firstClient, lengthOf, bytesOf, sha256 } = globalThis.bench;
      let thrown = 0;
      const broken = () => {
        thrown += 1;
        throw new Error('a listener of the test that always throws');
      };
      chrome.sockets.tcp.onReceive.addListener(broken);
      chrome.sockets.tcpServer.onAccept.addListener(broken);
      const client = await firstClient(server);
      await until(() => lengthOf(client) === total);
      chrome.sockets.tcp.onReceive.removeListener(broken);
      chrome.sockets.tcpServer.onAccept.removeListener(broken);
      return { hash: await sha256(bytesOf(client)), thrown };
    },
    server,
    data.length,
  );
  const socket = await connect(t, server.port);
  socket.write(data);
  const { hash, thrown } = await receiving;
  assert.equal(hash, sha256(data));
  assert.ok(thrown > 2_000, `thrown ${thrown} times`);
});

test('a paused socket that is full holds nobody else back', GUARD, async (t) => {
  const quiet = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  (await connect(t, quiet.port)).write(randomBytes(4 * 1024 * 1024));
  const busy = await bench.run(() => globalThis.bench.listen());
  (await connect(t, busy.port)).end(randomBytes(4 * 1024 * 1024));
  const lengths = await bench.run(
    async (quiet, busy) => {
      const { until, firstClient, hasEnded, lengthOf, log } = globalThis.bench;
      const client = await firstClient(busy);
      await until(() => log.at(-1).event === 'receiveError' && hasEnded(client));
      return [lengthOf(client), lengthOf(await firstClient(quiet))];
    },
    quiet,
    busy,
  );
  assert.deepEqual(lengths, [4 * 1024 * 1024, 0]);
});
