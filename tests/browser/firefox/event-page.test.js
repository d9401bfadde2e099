import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, eventually, GUARD, hosts, openBench, useBench } from '../support.js';
import { addOnsPage, backgroundState } from './support.js';

// How long Firefox lets the background live. It asks when nothing has happened there for 30 s; here it asks sooner.
const preferences = { 'extensions.background.idle.timeout': 300 };

test('a listening server outlives many timeouts, and nothing has to be done for that', GUARD, async (t) => {
  const bench = await openBench(t, { preferences });
  const server = await bench.run(() => globalThis.bench.listen());
  const reasons = await (await addOnsPage(bench)).evaluate(
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
