/** `onReceive`, and `bufferSize`. */

import { scenario } from './scenario.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-17 the form of onReceive', async (t) => {
    const { socketId, peer } = await t.connect();
    /** @type {any} */
    let seen;
    t.tcp.onReceive.addListener((/** @type {any} */ info) => {
      if (info.socketId === socketId) seen = info;
    });
    await peer.write('abc');
    await t.received(socketId, 3);
    await t.barrier();
    t.note('members', Object.keys(seen).sort());
    t.note('data', Object.prototype.toString.call(seen.data));
    t.note('is', seen.data instanceof ArrayBuffer);
    t.note('prototype', Object.getPrototypeOf(seen) === Object.prototype);
  }),
  ...[1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, 8 * MIB].map((size) =>
    scenario(`receive ${size} bytes`, async (t) => {
      const { socketId, peer } = await t.connect();
      t.note('written', await peer.write(size));
      await t.received(socketId, size);
      await peer.end();
      await t.ended(socketId);
    }),
  ),
  scenario('T-20 no piece is larger than 4096 bytes', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.write(300_000);
    await t.received(socketId, 300_000);
    t.note('largest', Math.max(...t.sizes(socketId)));
  }),
  scenario('T-18 bufferSize 10', async (t) => {
    const { socketId, peer } = await t.connect({ properties: { bufferSize: 10 } });
    await peer.write('twenty-five bytes, no less');
    await t.received(socketId, 26);
    t.note('sizes', t.sizes(socketId));
  }),
  scenario('T-05 bufferSize 0 and below zero are 4096', async (t) => {
    for (const bufferSize of [0, -5]) {
      const { socketId, peer } = await t.connect({ properties: { bufferSize } });
      await peer.write(100_000);
      await t.received(socketId, 100_000);
      t.note('largest', Math.max(...t.sizes(socketId)));
    }
  }),
  scenario('T-19 bufferSize 1000000: no piece is larger than 64 KiB', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true, properties: { bufferSize: 1_000_000 } });
    t.note('written', await peer.write(MIB));
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, MIB);
    t.note('at most 64 KiB', Math.max(...t.sizes(socketId)) <= 65_536);
    t.note('more than 4 KiB', Math.max(...t.sizes(socketId)) > 4096);
  }),
  scenario('bufferSize 1', async (t) => {
    const { socketId, peer } = await t.connect({ properties: { bufferSize: 1 } });
    await peer.write(500);
    await t.received(socketId, 500);
    t.note('pieces', t.sizes(socketId).length);
  }),
  scenario('T-21 bufferSize is changed while a read is pending', async (t) => {
    const { socketId, peer } = await t.connect();
    await t.call('tcp', 'update', socketId, { bufferSize: 3 });
    // The read that is pending has the old size.
    await peer.write('one');
    await t.received(socketId, 3);
    await t.barrier();
    await peer.write('twelve bytes');
    await t.received(socketId, 15);
    t.note('sizes', t.sizes(socketId));
    await t.call('tcp', 'update', socketId, { bufferSize: 5 });
    await t.barrier();
    await peer.write('abc');
    await t.received(socketId, 18);
    await t.barrier();
    await peer.write('abcdefghij');
    await t.received(socketId, 28);
    t.note('sizes', t.sizes(socketId).slice(-2));
  }),
  scenario('bufferSize is changed while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await t.call('tcp', 'update', socketId, { bufferSize: 4 });
    await peer.write('twelve bytes');
    await t.barrier();
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 12);
    t.note('sizes', t.sizes(socketId));
  }),
  scenario('T-87 nobody listens for onReceive: the data is lost', async (t) => {
    const { socketId, peer } = await t.connect();
    t.mute('tcp', 'onReceive');
    await peer.write('lost');
    await peer.end();
    await t.ended(socketId);
    t.listen('tcp', 'onReceive');
    await t.call('tcp', 'getInfo', socketId);
    const other = await t.connect();
    await other.peer.write('heard');
    await t.received(other.socketId, 5);
  }),
  scenario('nobody listens for onReceiveError', async (t) => {
    const { socketId, peer } = await t.connect();
    t.mute('tcp', 'onReceiveError');
    await peer.write('last words');
    await t.received(socketId, 10);
    await peer.end();
    while ((await t.raw.tcp.getInfo(socketId)).connected);
    t.listen('tcp', 'onReceiveError');
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('ping-pong, a hundred times', async (t) => {
    const { socketId, peer } = await t.connect();
    for (let i = 0; i < 100; i++) {
      await peer.write('ping');
      await t.received(socketId, 4 * (i + 1));
      await t.raw.tcp.send(socketId, new TextEncoder().encode('pong').buffer, () => {});
      await peer.receive(4);
    }
  }),
  scenario('an echo of what has been received, from inside of the event', async (t) => {
    const { socketId, peer } = await t.connect();
    const echo = (/** @type {any} */ info) => {
      if (info.socketId === socketId) t.raw.tcp.send(socketId, info.data, () => {});
    };
    t.tcp.onReceive.addListener(echo);
    const back = peer.receive(500_000);
    await peer.write(500_000);
    t.note('the peer has', await back);
    await t.received(socketId, 500_000);
    t.tcp.onReceive.removeListener(echo);
  }),
];
