/** `udp.send`. */

import { toBytes } from '../bytes.js';
import { bound, got, peerOf, send } from '../datagrams.js';
import { scenario } from './scenario.js';

const done = () => {};

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('U-09 U-17 udp: to a peer, and its answer', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t);
    await send(t, socketId, 'ping', peer.port);
    t.note('the peer got', await peer.receive());
    await peer.send('pong', port);
    await got(t, socketId);
    await send(t, socketId, 'again', peer.port);
    t.note('it comes from the port of getInfo', (await peer.sender()) === port);
  }),
  scenario('udp: names of this computer, with each kind of look-up', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await bound(t, { address: '0.0.0.0' });
    for (const [name, ...kind] of [
      ['localhost', 'ipv4'],
      ['LOCALHOST', 'ipv4'],
      ['localhost.', 'ipv4'],
      ['a.localhost', 'ipv4'],
      ['127.0.0.1', 'ipv4'],
      ['127.0.0.1', 'any'],
      ['127.0.0.1', undefined],
      ['127.1'],
      ['0x7f000001'],
      ['2130706433'],
    ]) {
      await send(t, socketId, `to ${name}`, peer.port, name, ...kind);
      t.note('the peer got', await peer.receive());
    }
  }),
  scenario('udp: localhost, whose first address is one of IPv6', async (t) => {
    const peer = await peerOf(t, '::1');
    const { socketId } = await bound(t, { address: '::' });
    for (const kind of ['any', 'ipv6']) {
      await send(t, socketId, kind, peer.port, 'localhost', kind);
      t.note('the peer got', await peer.receive());
    }
    const { socketId: v4 } = await bound(t);
    await send(t, v4, 'any', peer.port, 'localhost');
    await send(t, v4, 'ipv6', peer.port, 'localhost', 'ipv6');
  }),
  scenario('U-13 udp: what is no address, or one of another family', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await bound(t);
    for (const [address, ...kind] of [
      [''],
      ['[::1]'],
      ['::1'],
      ['::1', 'ipv4'],
      ['127.0.0.1', 'ipv6'],
      ['127.0.0.1 '],
      ['a b.localhost'],
      ['a..localhost'],
      ['*'],
      ['no-such-name.invalid'],
      ['256.0.0.1'],
      ['::ffff:127.0.0.1'],
    ]) {
      await send(t, socketId, 'x', peer.port, address, ...kind);
    }
    const { socketId: v6 } = await bound(t, { address: '::1' });
    await send(t, v6, 'x', peer.port, '127.0.0.1');
  }),
  scenario('U-11 udp: unbound: after the look-up', async (t) => {
    const { socketId } = await t.call('udp', 'create', {});
    await send(t, socketId, 'x', 9);
    await send(t, socketId, 'x', 9, 'localhost');
    await send(t, socketId, 'x', 9, '[::1]');
    await send(t, socketId, '', 9);
    await send(t, socketId, 65_536, 9);
    await t.call('udp', 'bind', socketId, '192.0.2.1', 0);
    await send(t, socketId, 'x', 9);
  }),
  scenario('U-14 U-15 udp: the longest datagram, and what is too long', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await bound(t);
    for (const length of [65_507, 65_508, 65_535, 65_536, 1 << 20]) await send(t, socketId, length, peer.port);
    t.note('the peer got', await peer.receive());
    await send(t, socketId, 'and on', peer.port);
    t.note('the peer got', await peer.receive());
  }),
  scenario('U-16 udp: datagrams without a byte, both ways', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t);
    await send(t, socketId, '', peer.port);
    t.note('the peer got', await peer.receive());
    await peer.send('', port);
    await peer.send('behind', port);
    await got(t, socketId, 2);
  }),
  scenario('U-10 udp: views, and a buffer that changes after the call', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await bound(t);
    const bytes = new TextEncoder().encode('0123456789');
    for (const view of [bytes.subarray(2, 5), new DataView(bytes.buffer, 4, 2), new Uint16Array(bytes.buffer, 2, 2)]) {
      await t.call('udp', 'send', socketId, view, '127.0.0.1', peer.port);
      t.note('the peer got', await peer.receive());
    }
    const sent = t.call('udp', 'send', socketId, bytes.buffer, '127.0.0.1', peer.port);
    bytes.fill(0);
    await sent;
    t.note('the peer got', await peer.receive());
  }),
  scenario('udp: ports beyond 16 bits, and port 0', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await bound(t);
    t.namePort(peer.port + 65_536, 'the port of the peer, and 65536');
    await send(t, socketId, 'round', peer.port + 65_536);
    t.note('the peer got', await peer.receive());
    await send(t, socketId, 'nowhere', 0);
    await send(t, socketId, 'nowhere', 65_536);
  }),
  scenario('udp: many at once: each is answered with its length, and arrives', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await bound(t);
    const lengths = Array.from({ length: 24 }, (_, i) => i * 11);
    // Noted in one order: Chromium looks up each address by itself, and that of a later one is sometimes ready first.
    const sent = (/** @type {number} */ length) =>
      new Promise((resolve) => t.raw.udp.send(socketId, toBytes(length).buffer, '127.0.0.1', peer.port, resolve));
    for (const answer of await Promise.all(lengths.map(sent))) t.note('answer', answer);
    const datagrams = [];
    for (const _ of lengths) datagrams.push(await peer.receive());
    for (const datagram of datagrams.sort()) t.note('datagram', datagram);
  }),
  scenario('udp: to a port where nobody is', async (t) => {
    const { socketId } = await bound(t);
    const gone = await bound(t);
    await t.call('udp', 'close', gone.socketId);
    for (const text of ['one', 'two', 'three']) await send(t, socketId, text, gone.port);
    await t.barrier();
    await t.call('udp', 'getInfo', socketId);
  }),
  scenario('U-44 U-45 U-46 udp: broadcast', async (t) => {
    const receiver = await bound(t, { address: '0.0.0.0' });
    const { socketId } = await t.call('udp', 'create', {});
    await t.call('udp', 'setBroadcast', socketId, true);
    await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
    // The loopback interface's own: nothing leaves this computer.
    await send(t, socketId, 'not yet', receiver.port, '127.255.255.255');
    await t.call('udp', 'setBroadcast', socketId, true);
    await send(t, socketId, 'broadcast', receiver.port, '127.255.255.255');
    await got(t, receiver.socketId);
    await t.call('udp', 'setBroadcast', socketId, false);
    await send(t, socketId, 'not any more', receiver.port, '127.255.255.255');
    await t.barrier();
  }),
  scenario('U-47 udp: two sockets talk', async (t) => {
    const a = await bound(t, { properties: { name: 'a' } });
    const b = await bound(t, { properties: { name: 'b' } });
    for (const count of [1, 2, 3]) {
      await send(t, a.socketId, `a ${count}`, b.port);
      await got(t, b.socketId, count);
      await send(t, b.socketId, `b ${count}`, a.port);
      await got(t, a.socketId, count);
    }
  }),
  scenario('udp: to itself', async (t) => {
    const { socketId, port } = await bound(t, { paused: true });
    await send(t, socketId, 'hello, me', port);
    await t.call('udp', 'setPaused', socketId, false);
    await got(t, socketId);
  }),
  scenario('udp: promises, where Chrome has them too', async (t) => {
    const { socketId } = await t.call('udp', 'create', {});
    await t.call('udp', 'setPaused', socketId, true);
    await t.attempt('udp', 'getInfo', socketId);
    await t.attempt('udp', 'update', socketId, { name: 'p' });
    await t.attempt('udp', 'getJoinedGroups', socketId);
    await t.attempt('udp', 'close', socketId);
    await t.attempt('udp', 'getInfo', socketId);
    t.udp.getSockets(done);
    await t.settled();
  }),
];
