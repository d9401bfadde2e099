import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect, eventually, GUARD, hosts, openBench, openHands } from '../support.js';
import { backgroundState, browserPage, terminateBackground } from './support.js';

// How long Firefox lets the background live. It asks when nothing has happened there for 30 s; here it asks sooner.
const preferences = { 'extensions.background.idle.timeout': 300 };

test('a listening server outlives many timeouts, and nothing has to be done for that', GUARD, async (t) => {
  const bench = await openBench(t, { preferences });
  const server = await bench.run(() => globalThis.bench.listen());
  const reasons = await (await browserPage(bench)).evaluate(
    (id) =>
      new Promise((resolve) => {
        const reasons = [];
        const { extension } = WebExtensionPolicy.getByID(id);
        extension.on('background-script-suspend', () => resolve('suspended'));
        extension.on('background-script-reset-idle', (_, { reason }) => {
          reasons.push(reason);
          if (reasons.length === 10) resolve(reasons);
        });
      }),
    bench.session.id,
  );
  // Firefox says why it does not stop it: the open native port is enough.
  assert.deepEqual(reasons, Array(10).fill('nativeapp'));
  const arrived = bench.run((server) => globalThis.bench.firstClient(server), server);
  await connect(t, server.port);
  assert.ok((await arrived) > server.socketId);
});

test('without sockets it is let go, and the next call of a page starts it again', GUARD, async (t) => {
  const bench = await openBench(t, { preferences });
  const own = await browserPage(bench);
  const stopped = () => eventually(async () => (await backgroundState(bench, own)) === 'stopped');
  await stopped();
  const page = await openHands(t, bench);
  const server = await page.evaluate(() => globalThis.bench.listen());
  assert.equal(await backgroundState(bench, own), 'running');
  const arrived = page.evaluate((server) => globalThis.bench.firstClient(server), server);
  await connect(t, server.port);
  await arrived;
  assert.equal((await hosts(bench.session)).length, 1);
  // The shim ends its host when there has been nothing to do for 30 s. Then nothing is left to keep the event page for.
  await page.evaluate(() => globalThis.bench.reset());
  await stopped();
  assert.equal((await hosts(bench.session)).length, 0);
});

test(
  'L-13: the event page is ended: the pages’ calls and sockets end with a reason, and the next call works',
  GUARD,
  async (t) => {
    const bench = await openBench(t);
    const own = await browserPage(bench);
    const page = await openHands(t, bench);
    const ear = await openHands(t, bench);
    const server = await page.evaluate(() => globalThis.bench.listen());
    // It does not read, so that the send is still under way in the end.
    const socket = await connect(t, server.port);
    const client = await page.evaluate(async (server) => {
      const { firstClient, call } = globalThis.bench;
      const client = await firstClient(server);
      await call('tcp', 'setPaused', client, false);
      globalThis.waiting = call('tcp', 'send', client, new ArrayBuffer(64 * 1024 * 1024));
      await call('tcp', 'getInfo', client);
      return client;
    }, server);
    const closed = once(socket, 'close');
    await terminateBackground(bench, own);
    for (const context of [page, ear]) {
      const errors = await context.evaluate(async () => {
        const { until, log } = globalThis.bench;
        const errors = () => log.filter(({ event }) => event === 'acceptError' || event === 'receiveError');
        await until(() => errors().length === 2);
        return errors();
      });
      assert.deepEqual(errors, [
        { event: 'acceptError', socketId: server.socketId, resultCode: -2 },
        { event: 'receiveError', socketId: client, resultCode: -100 },
      ]);
    }
    const { error } = await page.evaluate(() => globalThis.waiting);
    assert.match(error, /^The background of this extension has stopped, and its sockets with it/);
    socket.resume();
    await closed;

    const again = await page.evaluate(() => globalThis.bench.listen());
    // A page that only listens has not started it again, and hears of what happens there all the same.
    await eventually(async () => {
      await connect(t, again.port);
      return ear.evaluate(({ socketId }) => globalThis.bench.accepted(socketId).length > 0, again);
    });
  },
);
