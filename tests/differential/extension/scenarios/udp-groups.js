/** Groups, their options, and what the manifest does not allow. */

import { bound, got, peerOf, send } from '../datagrams.js';
import { scenario } from './scenario.js';

/** All systems of this network: nobody has to be told who is a member, so joining sends nothing. */
const GROUP = '224.0.0.1';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('U-27 … U-33 udp: options of groups before and after bind', async (t) => {
    const { socketId } = await t.call('udp', 'create', {});
    const every = async () => {
      for (const ttl of [0, 1, 255, 256, -1, -3, 2 ** 31 - 1]) {
        await t.call('udp', 'setMulticastTimeToLive', socketId, ttl);
      }
      for (const enabled of [false, true]) await t.call('udp', 'setMulticastLoopbackMode', socketId, enabled);
    };
    await every();
    await t.call('udp', 'bind', socketId, 'nonsense', 0);
    await every();
    await t.call('udp', 'bind', socketId, '192.0.2.1', 0);
    await every();
    await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
    await every();
  }),
  scenario('U-36 … U-41 U-43 udp: joining, leaving, and what cannot be joined', async (t) => {
    const { socketId } = await t.call('udp', 'create', {});
    for (const state of ['unbound', 'bound']) {
      t.note(state);
      for (const address of ['nonsense', '', '10.0.0.1', 'ff02::1', '::1', '239.0.0.1.5', '[ff02::1]', GROUP, GROUP]) {
        await t.call('udp', 'joinGroup', socketId, address);
      }
      await t.call('udp', 'getJoinedGroups', socketId);
      for (const address of ['nonsense', '10.0.0.1', '239.1.2.3', GROUP, GROUP]) {
        await t.call('udp', 'leaveGroup', socketId, address);
      }
      await t.call('udp', 'getJoinedGroups', socketId);
      if (state === 'unbound') await t.call('udp', 'bind', socketId, '0.0.0.0', 0);
    }
    await t.call('udp', 'close', socketId);
    await t.call('udp', 'getJoinedGroups', socketId);
  }),
  scenario('udp: groups in other words: the same group', async (t) => {
    const { socketId } = await bound(t, { address: '0.0.0.0' });
    await t.call('udp', 'joinGroup', socketId, '224.1');
    await t.call('udp', 'joinGroup', socketId, GROUP);
    await t.call('udp', 'getJoinedGroups', socketId);
    await t.call('udp', 'leaveGroup', socketId, '0xe0.0.0.1');
    await t.call('udp', 'getJoinedGroups', socketId);
  }),
  scenario('U-34 U-35 udp: a group of IPv4: received while joined', async (t) => {
    const receiver = await bound(t, { address: '0.0.0.0' });
    const { socketId } = await t.call('udp', 'create', {});
    // A packet without a hop left stays on this computer.
    await t.call('udp', 'setMulticastTimeToLive', socketId, 0);
    await t.call('udp', 'bind', socketId, '0.0.0.0', 0);
    await t.call('udp', 'joinGroup', receiver.socketId, GROUP);
    await send(t, socketId, 'to the group', receiver.port, GROUP);
    await t.barrier();
    await t.call('udp', 'leaveGroup', receiver.socketId, GROUP);
    await t.call('udp', 'getJoinedGroups', receiver.socketId);
  }),
  scenario('U-40 udp: groups of IPv6', async (t) => {
    for (const address of ['::1', '::']) {
      const { socketId } = await bound(t, { address });
      // Of this interface only: it is told to nobody either.
      await t.call('udp', 'joinGroup', socketId, 'FF01:0::1');
      await t.call('udp', 'joinGroup', socketId, GROUP);
      await t.call('udp', 'joinGroup', socketId, '::1');
      await t.call('udp', 'getJoinedGroups', socketId);
      await t.call('udp', 'leaveGroup', socketId, 'ff01::1');
      await t.call('udp', 'getJoinedGroups', socketId);
    }
  }),
  scenario('udp: groups of a socket that is closed are left', async (t) => {
    const { socketId } = await bound(t, { address: '0.0.0.0' });
    await t.call('udp', 'joinGroup', socketId, GROUP);
    await t.call('udp', 'close', socketId);
    const next = await bound(t, { address: '0.0.0.0' });
    await t.call('udp', 'getJoinedGroups', next.socketId);
    await t.call('udp', 'joinGroup', next.socketId, GROUP);
  }),
  scenario(
    'U-07 U-12 U-42 udp: bind, send and join where the manifest allows it, and where not',
    async (t) => {
      const peer = await peerOf(t);
      const { socketId } = await t.call('udp', 'create', {});
      for (const address of ['0.0.0.0', '::1', '127.1', 'localhost', '', 'nonsense', '127.0.0.1 ', '127.0.0.2']) {
        await t.call('udp', 'bind', socketId, address, 0);
      }
      await t.call('udp', 'bind', 99_999, '::1', 0);
      await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
      await t.call('udp', 'bind', socketId, '0.0.0.0', 0);
      for (const address of ['::1', '127.1', 'a.localhost', 'localhost.', '', '127.0.0.2', '[::1]', 'example.com']) {
        await send(t, socketId, 'x', peer.port, address);
      }
      await t.call('udp', 'send', 99_999, new ArrayBuffer(1), '::1', peer.port);
      await send(t, socketId, 'LOCALHOST', peer.port, 'LOCALHOST', 'ipv4');
      t.note('the peer got', await peer.receive());
      await send(t, socketId, 'literal', peer.port);
      t.note('the peer got', await peer.receive());
      await t.call('udp', 'joinGroup', socketId, GROUP);
      await t.call('udp', 'leaveGroup', socketId, 'nonsense');
      await t.call('udp', 'getJoinedGroups', socketId);
      await t.call('udp', 'joinGroup', 99_999, GROUP);
      await peer.send('all the same', (await t.raw.udp.getInfo(socketId)).localPort);
      await got(t, socketId);
    },
    { kind: 'narrow' },
  ),
];
