/** `setPaused` of connections. */

import { scenario } from './scenario.js';

const MIB = 1024 * 1024;

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-22 setPaused in every state', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    const server = await t.peers.listen();
    t.namePort(server.port, 'the port of the peer');
    for (const paused of [true, false, false, true, true, false]) {
      await t.call('tcp', 'setPaused', socketId, paused);
      await t.call('tcp', 'getInfo', socketId);
    }
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    for (const paused of [true, false, false, true, true, false]) {
      await t.call('tcp', 'setPaused', socketId, paused);
      await t.call('tcp', 'getInfo', socketId);
    }
    await t.call('tcp', 'disconnect', socketId);
    await t.ended(socketId);
    for (const paused of [true, false]) {
      await t.call('tcp', 'setPaused', socketId, paused);
      await t.call('tcp', 'getInfo', socketId);
    }
  }),
  scenario('T-23 paused before connect', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await peer.write('waits');
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 5);
  }),
  scenario(
    'T-24 D2 paused while connected: one more piece comes through on Chromium’s API',
    async (t) => {
      const { socketId, peer } = await t.connect();
      await t.call('tcp', 'setPaused', socketId, true);
      await peer.write('first');
      await t.barrier();
      await peer.write('second');
      await t.barrier();
      await t.call('tcp', 'setPaused', socketId, false);
      await t.received(socketId, 11);
    },
    { accepts: { D2: ['tcp 1 - onReceive "first"', 'tcp 1 - onReceive "second"', 'tcp 1 + onReceive "firstsecond"'] } },
  ),
  scenario('T-26 paused and un-paused at once', async (t) => {
    const { socketId, peer } = await t.connect();
    for (let i = 0; i < 5; i++) {
      t.tcp.setPaused(socketId, true, () => {});
      t.tcp.setPaused(socketId, false, () => {});
    }
    await t.settled();
    await peer.write('once');
    await t.received(socketId, 4);
    await t.barrier();
  }),
  scenario('T-25 paused in the middle of a flood: nothing is lost', async (t) => {
    const { socketId, peer } = await t.connect();
    const written = peer.write(4 * MIB);
    await t.raw.tcp.setPaused(socketId, true);
    await t.barrier();
    for (let i = 0; i < 5; i++) {
      await t.raw.tcp.setPaused(socketId, false);
      await t.raw.tcp.setPaused(socketId, true);
    }
    await t.raw.tcp.setPaused(socketId, false);
    t.note('written', await written);
    await t.received(socketId, 4 * MIB);
  }),
  scenario('a flood to a paused socket blocks the peer', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    let blocked = true;
    const written = peer.write(12 * MIB).then((how) => {
      blocked = false;
      return how;
    });
    await t.barrier();
    t.note('blocked', blocked);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    t.note('written', await written);
    await t.received(socketId, 12 * MIB);
  }),
  scenario('T-74 accepted, and data before anybody un-pauses', async (t) => {
    const { socketId, peer } = await t.accept();
    await peer.write('before');
    await t.barrier();
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 6);
    await peer.write(' and after');
    await t.received(socketId, 16);
  }),
  scenario('T-30 T-31 the peer ends while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await peer.write('last words');
    await peer.end();
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('the peer resets while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await peer.reset();
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('T-32 un-paused after the end', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.end();
    await t.ended(socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('paused from inside of onReceive', async (t) => {
    const { socketId, peer } = await t.connect({ properties: { bufferSize: 4 } });
    /** @type {Promise<unknown> | undefined} */
    let paused;
    const pause = (/** @type {any} */ info) => {
      if (info.socketId === socketId) paused ??= t.raw.tcp.setPaused(socketId, true);
    };
    t.tcp.onReceive.addListener(pause);
    await peer.write('twelve bytes');
    await t.received(socketId, 4);
    await paused;
    await t.barrier();
    t.tcp.onReceive.removeListener(pause);
    await t.raw.tcp.setPaused(socketId, false);
    await t.received(socketId, 12);
  }),
  scenario('S-46 T-74 un-paused from inside of onAccept', async (t) => {
    const { socketId: server, port } = await t.server();
    const unpause = (/** @type {any} */ info) => {
      if (info.socketId === server) t.tcp.setPaused(info.clientSocketId, false, () => {});
    };
    t.tcpServer.onAccept.addListener(unpause);
    const peer = await t.peers.connect(port);
    await t.accepted(server);
    await t.settled();
    await peer.write('hello');
    const socketId = await t.accepted(server);
    await t.received(socketId, 5);
    t.tcpServer.onAccept.removeListener(unpause);
  }),
];
