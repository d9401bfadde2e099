import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { test } from 'node:test';
import { processesOf } from '../../scripts/lib/processes.mjs';
import { chromiumOnly, connect, eventually, GUARD, hosts, isFree, openBench, sha256 } from './support.js';

const WORKER = chromiumOnly('firefox/event-page.test.js ends the event page');

/** @param {net.Socket} socket resolves when it is closed, by a reset too */
const hasClosed = (socket) => new Promise((resolve) => socket.once('close', resolve));

/**
 * A server that is in the middle of a transfer in both directions: a client floods it and reads nothing of what it sends.
 *
 * @param {import('node:test').TestContext} t
 * @param {{run: import('puppeteer-core').WebWorker['evaluate']}} bench
 */
async function transfer(t, bench) {
  const server = await bench.run(() => globalThis.bench.listen());
  const client = await connect(t, server.port);
  const flood = randomBytes(1024 * 1024);
  const more = () => {
    while (!client.destroyed && client.write(flood));
  };
  client.on('drain', more);
  more();
  const id = await bench.run(async (server) => {
    const { firstClient, until, lengthOf, call } = globalThis.bench;
    const client = await firstClient(server);
    globalThis.sending = call('tcp', 'send', client, new ArrayBuffer(32 * 1024 * 1024));
    await until(() => lengthOf(client) > 4 * 1024 * 1024);
    return client;
  }, server);
  return { server, client, id };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {() => Promise<boolean>} condition
 * @param {string} what
 */
async function timed(t, what, condition) {
  const start = performance.now();
  await eventually(condition);
  t.diagnostic(`${what} after ${Math.round(performance.now() - start)} ms`);
}

test('the worker is stopped in mid-transfer: the host goes, and its ports with it', WORKER, async (t) => {
  const bench = await openBench(t);
  const { server, client } = await transfer(t, bench);
  const closed = hasClosed(client);
  const page = await bench.session.browser.newPage();
  const devtools = await page.createCDPSession();
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers');
  await timed(t, 'no host', async () => (await hosts(bench.session)).length === 0);
  await closed;
  assert.ok(await isFree(server.port));
});

test('the browser is killed in mid-transfer: nothing is left of it', GUARD, async (t) => {
  const bench = await openBench(t);
  const { server, client } = await transfer(t, bench);
  const closed = hasClosed(client);
  const [host] = await hosts(bench.session);
  assert.ok(host);
  bench.session.browser.process()?.kill('SIGKILL');
  await timed(t, 'no host', async () => (await hosts(bench.session)).length === 0);
  await closed;
  assert.ok(await isFree(server.port));
  await eventually(async () => (await processesOf(bench.session.profile.folder)).length === 0);
});

test(
  'L-13 the host is killed in mid-transfer: all that waits is answered, and the next call works',
  GUARD,
  async (t) => {
    const bench = await openBench(t);
    const { server, client, id } = await transfer(t, bench);
    const told = bench.run(
      async (server, client) => {
        const { until, log, call } = globalThis.bench;
        const errors = () => log.filter(({ event }) => event === 'acceptError' || event === 'receiveError');
        await until(() => errors().length >= 2);
        const behind = log.slice(log.findIndex(({ event }) => event === 'receiveError') + 1);
        return {
          errors: errors().map(({ event, socketId, resultCode }) => [event, socketId, resultCode]),
          dataBehindTheEnd: behind.filter((entry) => entry.event === 'receive' && entry.socketId === client).length,
          sent: (await globalThis.sending).error,
          info: (await call('tcpServer', 'getInfo', server.socketId)).error,
        };
      },
      server,
      id,
    );
    const closed = hasClosed(client);
    for (const { pid } of await hosts(bench.session)) process.kill(pid, 'SIGKILL');
    await closed;
    const { errors, dataBehindTheEnd, sent, info } = await told;
    assert.deepEqual(
      new Set(errors.map(String)),
      new Set([`acceptError,${server.socketId},-2`, `receiveError,${id},-100`]),
    );
    assert.equal(errors.length, 2);
    assert.equal(dataBehindTheEnd, 0);
    assert.match(sent, /^The native messaging host \S+ (has exited|is gone)/);
    assert.equal(info, 'Socket not found');

    const again = await bench.run(() => globalThis.bench.listen());
    const arrived = bench.run((server) => globalThis.bench.firstClient(server), again);
    await connect(t, again.port);
    assert.ok((await arrived) > again.socketId && again.socketId > id);
  },
);

test('JavaScript is blocked for 10 s during a flood: memory stays bounded, and nothing is lost', GUARD, async (t) => {
  const bench = await openBench(t);
  const server = await bench.run(() => globalThis.bench.listen());
  const data = randomBytes(64 * 1024 * 1024);
  const client = await connect(t, server.port);
  const id = await bench.run((server) => globalThis.bench.firstClient(server), server);
  const folder = bench.session.profile.folder;
  const before = await resident(folder);
  let blocked = true;
  const block = bench
    .run(() => {
      // The worker's only thread is busy: no event can be dispatched, none can be acknowledged.
      for (const end = performance.now() + 10_000; performance.now() < end; );
      return globalThis.bench.log.filter(({ event }) => event === 'receive').length;
    })
    .finally(() => {
      blocked = false;
    });
  client.end(data);
  let most = before;
  while (blocked) {
    const now = await resident(folder);
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok((await block) * 4096 < data.length / 2, 'the flood went on while the worker was blocked');
  const grown = (most - before) / 1024;
  t.diagnostic(`browser and host grew by ${grown.toFixed(1)} MiB while 64 MiB waited`);
  // Everything that is not in the credit's window has to wait in the kernel. The rest is the browser's own noise.
  assert.ok(grown < 40, `${grown} MiB`);
  const hash = await bench.run(
    async (id, total) => {
      const { until, lengthOf, bytesOf, sha256 } = globalThis.bench;
      await until(() => lengthOf(id) === total);
      return sha256(bytesOf(id));
    },
    id,
    data.length,
  );
  assert.equal(hash, sha256(data));
});

/**
 * The memory of all processes of a session that belongs to them alone, in KiB.
 *
 * @param {string} folder
 */
async function resident(folder) {
  let sum = 0;
  for (const { pid } of await processesOf(folder)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    sum += Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }
  return sum;
}
