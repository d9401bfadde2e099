/** `udp.onReceive` and `onReceiveError`, `bufferSize` and `setPaused`. */

import { bound, got, peerOf, send } from '../datagrams.js';
import { scenario } from './scenario.js';

/**
 * @param {import('../stage.js').Stage} t
 * @param {number} socketId
 */
const lost = (t, socketId) => t.event('udp', 'onReceiveError', socketId);

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('U-18 U-19 udp: longer than bufferSize: lost, told, paused', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { properties: { bufferSize: 10 } });
    await peer.send('twenty bytes exactly', port);
    await lost(t, socketId);
    await t.call('udp', 'getInfo', socketId);
    await peer.send('waits', port);
    await t.barrier();
    await t.call('udp', 'setPaused', socketId, false);
    await got(t, socketId);
    await t.call('udp', 'getInfo', socketId);
  }),
  scenario('U-20 udp: as long as bufferSize', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { properties: { bufferSize: 20 } });
    await peer.send('twenty bytes exactly', port);
    await got(t, socketId);
  }),
  scenario('U-21 udp: without bufferSize: 4096 bytes and one more', async (t) => {
    const peer = await peerOf(t);
    for (const properties of [{}, { bufferSize: 0 }, { bufferSize: -7 }]) {
      const { socketId, port } = await bound(t, { properties });
      await peer.send(4096, port);
      await got(t, socketId);
      await peer.send(4097, port);
      await lost(t, socketId);
    }
  }),
  scenario('udp: the longest datagram, with a large bufferSize', async (t) => {
    const peer = await peerOf(t);
    for (const bufferSize of [65_507, 65_536, 10_000_000]) {
      const { socketId, port } = await bound(t, { properties: { bufferSize } });
      await peer.send(65_507, port);
      await got(t, socketId);
    }
  }),
  scenario('udp: a new bufferSize counts from the next datagram but one', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { properties: { bufferSize: 10 } });
    await t.call('udp', 'update', socketId, { bufferSize: 3 });
    await peer.send('first', port);
    await got(t, socketId);
    await peer.send('second', port);
    await lost(t, socketId);
    await t.call('udp', 'update', socketId, { bufferSize: 100 });
    await t.call('udp', 'setPaused', socketId, false);
    await peer.send('third', port);
    await got(t, socketId, 2);
  }),
  scenario('U-22 U-23 udp: paused before bind: datagrams wait, and come in order', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { paused: true });
    for (const text of ['one', '', 'three']) await peer.send(text, port);
    await t.barrier();
    await t.call('udp', 'getInfo', socketId);
    await t.call('udp', 'setPaused', socketId, false);
    await got(t, socketId, 3);
    await peer.send('four', port);
    await got(t, socketId, 4);
  }),
  scenario(
    'U-24 D2 udp: paused while bound: one more datagram comes through on Chromium’s API',
    async (t) => {
      const peer = await peerOf(t);
      const { socketId, port } = await bound(t);
      await t.call('udp', 'setPaused', socketId, true);
      await peer.send('first', port);
      await t.barrier();
      await t.call('udp', 'getInfo', socketId);
      await peer.send('second', port);
      await t.barrier();
      await t.call('udp', 'setPaused', socketId, false);
      await got(t, socketId, 2);
    },
    {
      accepts: {
        D2: ['-', '+'].map(
          (side) =>
            `udp 1 ${side} onReceive {data: "first", remoteAddress: "127.0.0.1", remotePort: the port of the peer}`,
        ),
      },
    },
  ),
  scenario('udp: setPaused in every state', async (t) => {
    const { socketId } = await t.call('udp', 'create', {});
    for (const state of ['unbound', 'bound']) {
      t.note(state);
      for (const paused of [true, true, false, false]) {
        await t.call('udp', 'setPaused', socketId, paused);
        await t.call('udp', 'getInfo', socketId);
      }
      if (state === 'unbound') await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
    }
  }),
  scenario('udp: paused and un-paused at once', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t);
    for (let i = 0; i < 5; i++) {
      t.udp.setPaused(socketId, true, () => {});
      t.udp.setPaused(socketId, false, () => {});
    }
    await t.settled();
    await peer.send('once', port);
    await got(t, socketId);
    await t.barrier();
  }),
  scenario('udp: many datagrams come whole and in order', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t);
    for (let length = 0; length < 40; length++) await peer.send(length * 97, port);
    await got(t, socketId, 40);
  }),
  scenario('udp: over IPv6, and IPv4 at a socket of both', async (t) => {
    const v6 = await peerOf(t, '::1');
    const v4 = await t.peers.udp();
    t.namePort(v4.port, 'the port of the peer of IPv4');
    const only = await bound(t, { address: '::1' });
    await v6.send('over IPv6', only.port, '::1');
    await got(t, only.socketId);
    const both = await bound(t, { address: '::' });
    await v6.send('to both', both.port, '::1');
    await got(t, both.socketId);
    await v4.send('over IPv4', both.port);
    await got(t, both.socketId, 2);
    await send(t, both.socketId, 'back', v4.port, '::ffff:127.0.0.1');
    t.note('the peer got', await v4.receive());
    await send(t, both.socketId, 'and as IPv4', v4.port);
  }),
  scenario('udp: nobody listens: lost', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t);
    t.mute('udp', 'onReceive');
    await peer.send('unheard', port);
    await t.barrier();
    t.listen('udp', 'onReceive');
    await peer.send('heard', port);
    await got(t, socketId);
  }),
  scenario('udp: -142 again and again, and what comes between', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { properties: { bufferSize: 4 }, paused: true });
    for (const text of ['ok', 'too long', 'fine', 'much too long', '']) await peer.send(text, port);
    await t.call('udp', 'setPaused', socketId, false);
    await lost(t, socketId);
    await t.call('udp', 'setPaused', socketId, false);
    await t.event('udp', 'onReceiveError', socketId, 2);
    await t.call('udp', 'setPaused', socketId, false);
    await got(t, socketId, 3);
    await t.call('udp', 'getInfo', socketId);
  }),
  scenario('udp: getInfo from inside of every callback and event', async (t) => {
    t.askInside();
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { properties: { bufferSize: 5 } });
    await peer.send('short', port);
    await got(t, socketId);
    await t.settled();
    await peer.send('too long', port);
    await lost(t, socketId);
    await t.settled();
    await t.call('udp', 'close', socketId);
    await t.settled();
  }),
];
