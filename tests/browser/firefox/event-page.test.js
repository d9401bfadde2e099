import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, eventually, GUARD, hosts, openBench, openHands } from '../support.js';
import { backgroundState, browserPage, terminateBackground } from './support.js';

// How long Firefox lets the background live. It asks when nothing has happened there for 30 s; here it asks sooner.
const preferences = { 'extensions.background.idle.timeout': 300 };

test('the life of the event page', GUARD, async (t) => {
  const bench = await openBench(t, { preferences });
  const own = await browserPage(bench);
  const stopped = () => eventually(async () => (await backgroundState(bench, own)) === 'stopped');

  await t.test('without sockets it is let go', stopped);

  const page = await openHands(t, bench);
  const server = await page.evaluate(() => globalThis.bench.listen());

  await t.test('the first call of a page starts it, and with a server it outlives many timeouts', async () => {
    const reasons = await own.evaluate(
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
    const arrived = page.evaluate((server) => globalThis.bench.firstClient(server), server);
    await connect(t, server.port);
    assert.ok((await arrived) > server.socketId);
  });

  await t.test('L-13: when it is ended, calls and sockets end with a reason, and the next call works', async () => {
    const ear = await openHands(t, bench);
    // It does not read, so that the send is still under way in the end.
    const socket = await connect(t, server.port);
    const client = await page.evaluate(async ({ socketId }) => {
      const { until, accepted, call, log } = globalThis.bench;
      const client = await until(() => accepted(socketId)[1]);
      await call('tcp', 'setPaused', client, false);
      globalThis.waiting = call('tcp', 'send', client, new ArrayBuffer(64 * 1024 * 1024));
      await call('tcp', 'getInfo', client);
      log.length = 0;
      return client;
    }, server);
    // By a reset, because of the send.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await terminateBackground(bench, own);
    for (const context of [page, ear]) {
      const errors = await context.evaluate(async (client) => {
        const { until, log } = globalThis.bench;
        const ends = () => log.filter(({ event, socketId }) => event === 'acceptError' || socketId === client);
        await until(() => ends().length === 2);
        return ends();
      }, client);
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
  });

  await t.test('when there has been nothing to do for 30 s, the host is ended, and it is let go', async () => {
    await page.evaluate(() => globalThis.bench.reset());
    await stopped();
    assert.deepEqual(await hosts(bench.session), []);
  });
});
