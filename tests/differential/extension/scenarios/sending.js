/** `send`. */

import { pattern } from '../bytes.js';
import { scenario } from './scenario.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** @type {import('./scenario.js').Scenario[]} */
export default [
  ...[0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, 8 * MIB].map((size) =>
    scenario(`T-43 T-46 send ${size} bytes`, async (t) => {
      const { socketId, peer } = await t.connect();
      const received = peer.receive(size + 3);
      await t.send(socketId, size);
      await t.send(socketId, 'end');
      t.note('the peer has', await received);
    }),
  ),
  scenario('T-44 send 5 MiB to a peer that does not read at first', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.stop();
    const sent = t.send(socketId, 5 * MIB);
    await t.barrier();
    await peer.go();
    t.note('the peer has', await peer.receive(5 * MIB));
    await sent;
  }),
  scenario('T-45 ten sends at once', async (t) => {
    const { socketId, peer } = await t.connect();
    /** @type {number[]} */
    const order = [];
    // None of them empty: Chromium's API may lose its process over an empty send that has to wait for another one.
    await Promise.all(
      [5, 1, 100_000, 9, 70_000, 3, 65_536, 2, 4096, 10].map(async (size, index) => {
        await t.send(socketId, size);
        order.push(index);
      }),
    );
    t.note('order', order);
    t.note('the peer has', await peer.receive(5 + 1 + 100_000 + 9 + 70_000 + 3 + 65_536 + 2 + 4096 + 10));
  }),
  scenario('B-19 views: only what they show is sent', async (t) => {
    const { socketId, peer } = await t.connect();
    const { buffer } = pattern(64);
    let sum = 0;
    for (const view of [
      new Uint8Array(buffer, 2, 3),
      new DataView(buffer, 8, 4),
      new Float64Array(buffer, 16, 2),
      new Uint16Array(buffer, 4, 0),
      new Int8Array(buffer),
      new BigInt64Array(buffer, 8, 1),
      new Uint8ClampedArray(buffer, 60),
    ]) {
      await t.call('tcp', 'send', socketId, view);
      sum += view.byteLength;
    }
    t.note('the peer has', await peer.receive(sum));
  }),
  scenario('T-51 what happens to a buffer after the call has no effect', async (t) => {
    const { socketId, peer } = await t.connect();
    for (const size of [10, 300_000]) {
      const bytes = pattern(size);
      t.tcp.send(socketId, bytes.buffer, () => {});
      bytes.fill(0);
      t.note('the peer has', await peer.receive(size));
      await t.settled();
    }
    const moved = pattern(1000).buffer;
    t.tcp.send(socketId, moved, () => {});
    structuredClone(moved, { transfer: [moved] });
    t.note('the peer has', await peer.receive(1000));
    await t.settled();
  }),
  scenario('a buffer that is detached, resizable or shared', async (t) => {
    const { socketId, peer } = await t.connect();
    const detached = new ArrayBuffer(8);
    structuredClone(detached, { transfer: [detached] });
    await t.attempt('tcp', 'send', socketId, detached, () => {});
    await t.attempt('tcp', 'send', socketId, new ArrayBuffer(4, { maxByteLength: 16 }), () => {});
    await t.settled();
    await t.send(socketId, 'end');
    t.note('the peer has', await peer.receive(7));
  }),
  scenario('T-47 send without a connection: never, refused, and no more', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    await t.send(socketId, 'x');
    await t.send(socketId, 0);
    await t.call('tcp', 'connect', socketId, '127.0.0.1', t.namePort(await t.peers.freePort(), 'refuses'));
    await t.send(socketId, 'x');
    const other = await t.connect({ paused: true });
    await t.call('tcp', 'disconnect', other.socketId);
    await t.send(other.socketId, 'x');
    t.note('the peer', await other.peer.rest());
  }),
  scenario('T-33 send after the end of the peer', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.end();
    await t.ended(socketId);
    await t.send(socketId, 'too late');
    await t.call('tcp', 'getInfo', socketId);
    t.note('the peer', await peer.rest());
  }),
  scenario('send to a peer that has reset, when that is known', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.reset();
    await t.ended(socketId);
    await t.send(socketId, 'too late');
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('T-49 send to a peer that has reset, while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await peer.reset();
    await t.barrier();
    // The first ones may succeed, in whatever number: only the last answer of those, and what comes then, is told.
    let info;
    do {
      info = await t.raw.tcp.getInfo(socketId);
      if (info.connected)
        await new Promise((resolve) =>
          t.raw.tcp.send(socketId, new ArrayBuffer(1), (/** @type {any} */ { resultCode }) => {
            if (resultCode !== 0) t.note('the failure', [resultCode, chrome.runtime.lastError?.message]);
            resolve(undefined);
          }),
        );
    } while (info.connected);
    await t.send(socketId, 'after');
    await t.call('tcp', 'getInfo', socketId);
    await t.barrier();
  }),
  scenario('T-52 small sends to a peer that does not read', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await peer.stop();
    for (let i = 0; i < 20; i++) await t.send(socketId, 'x'.repeat(100));
    await peer.go();
    t.note('the peer has', await peer.receive(2000));
  }),
  scenario('T-53 disconnect right after the answer of a send: the peer gets all', async (t) => {
    for (const size of [1, 1000, 50_000]) {
      const { socketId, peer } = await t.connect({ paused: true });
      const rest = peer.rest();
      await t.send(socketId, size);
      await t.call('tcp', 'disconnect', socketId);
      t.note('the peer', await rest);
    }
  }),
  scenario('T-53 close right after the answer of a send: the peer gets all', async (t) => {
    for (const size of [1, 1000, 50_000]) {
      const { socketId, peer } = await t.connect({ paused: true });
      const rest = peer.rest();
      await t.send(socketId, size);
      await t.call('tcp', 'close', socketId);
      t.note('the peer', await rest);
    }
  }),
  scenario(
    'T-50 more than 200 MiB under way',
    async (t) => {
      const { socketId, peer } = await t.connect({ paused: true });
      await peer.stop();
      // These two are never taken whole: the peer does not read.
      const big = new ArrayBuffer(100 * MIB);
      t.raw.tcp.send(socketId, big, () => {});
      t.raw.tcp.send(socketId, big, () => {});
      await t.send(socketId, 1);
      await t.send(99_999, 1);
    },
    { kind: 'fatal' },
  ),
  scenario('both directions at once, 2 MiB each', async (t) => {
    const { socketId, peer } = await t.connect();
    // Outside of the trace: its answer comes somewhere among the data.
    const sent = new Promise((resolve) => t.raw.tcp.send(socketId, pattern(2 * MIB).buffer, resolve));
    const written = peer.write(2 * MIB);
    t.note('the peer has', await peer.receive(2 * MIB));
    t.note('written', await written);
    await t.received(socketId, 2 * MIB);
    t.note('sent', await sent);
  }),
];
