/** Making, changing, binding and closing udp sockets. */

import { bound, got, peerOf, send } from '../datagrams.js';
import { scenario } from './scenario.js';

const buffer = new ArrayBuffer(1);
const done = () => {};

/**
 * Every call that names a socket.
 *
 * @param {import('../stage.js').Stage} t
 * @param {number} id
 */
async function everyCall(t, id) {
  await t.call('udp', 'update', id, { bufferSize: 1 });
  await t.call('udp', 'setPaused', id, false);
  await t.call('udp', 'bind', id, '127.0.0.1', 0);
  await t.call('udp', 'bind', id, 'nonsense', 0);
  await t.call('udp', 'send', id, buffer, '127.0.0.1', 9);
  await t.call('udp', 'send', id, buffer, 'nonsense.invalid', 9, 'ipv6');
  await t.call('udp', 'joinGroup', id, '224.0.0.1');
  await t.call('udp', 'leaveGroup', id, 'nonsense');
  await t.call('udp', 'getJoinedGroups', id);
  await t.call('udp', 'setMulticastTimeToLive', id, -1);
  await t.call('udp', 'setMulticastLoopbackMode', id, true);
  await t.call('udp', 'setBroadcast', id, true);
  await t.call('udp', 'getInfo', id);
  await t.call('udp', 'close', id);
}

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('U-01 udp.create and getInfo', async (t) => {
    for (const properties of [
      {},
      { name: 'a', persistent: true, bufferSize: 104 },
      { bufferSize: 0 },
      { bufferSize: -5 },
      { bufferSize: 2 ** 31 - 1 },
      { name: '' },
      { name: null, persistent: undefined },
    ]) {
      const { socketId } = await t.call('udp', 'create', properties);
      await t.call('udp', 'getInfo', socketId);
    }
  }),
  scenario('udp.update, unbound and bound', async (t) => {
    const { socketId } = await t.call('udp', 'create', { name: 'a' });
    for (const state of ['unbound', 'bound']) {
      t.note(state);
      for (const properties of [{}, { persistent: true }, { name: '', bufferSize: 7 }, { bufferSize: 0 }]) {
        await t.call('udp', 'update', socketId, properties);
        await t.call('udp', 'getInfo', socketId);
      }
      await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
    }
  }),
  scenario('U-02 U-08 U-26 udp: numbers that no socket has', async (t) => {
    for (const id of [99_999, 0, -1, 2 ** 31 - 1]) await everyCall(t, id);
    const { socketId } = await bound(t);
    await t.call('udp', 'close', socketId);
    await everyCall(t, socketId);
  }),
  scenario('U-48 udp: mistakes in the arguments', async (t) => {
    for (const args of [
      [],
      [1, '127.0.0.1', 0, 0, done],
      [1, '127.0.0.1', '0', done],
      [1, 127, 0, done],
      [1, '127.0.0.1', 1.5, done],
    ]) {
      await t.attempt('udp', 'bind', ...args);
    }
    for (const args of [
      ['text', '127.0.0.1', 9],
      [[1], '127.0.0.1', 9],
      [buffer, '127.0.0.1', 9, 'ipv5'],
      [buffer, '127.0.0.1', '9'],
      [buffer, null, 9],
      [buffer, '127.0.0.1', 9, null],
      [buffer, '127.0.0.1', 9, undefined],
    ]) {
      await t.attempt('udp', 'send', 99_999, ...args, done);
    }
    for (const properties of [
      { foo: 1 },
      { bufferSize: '1' },
      { bufferSize: 1.5 },
      { persistent: 1 },
      { name: 1 },
      [],
    ]) {
      await t.attempt('udp', 'create', properties, done);
      await t.attempt('udp', 'update', 99_999, properties, done);
    }
    await t.attempt('udp', 'setMulticastTimeToLive', 99_999, '1', done);
    await t.attempt('udp', 'setMulticastLoopbackMode', 99_999, 1, done);
    await t.attempt('udp', 'setBroadcast', 99_999, done);
    await t.attempt('udp', 'joinGroup', 99_999, 224, done);
    await t.attempt('udp', 'getJoinedGroups', '1', done);
    t.note('disconnect', typeof t.raw.udp.disconnect);
    await t.settled();
  }),
  scenario('udp.getSockets: all of them, and none of tcp', async (t) => {
    await t.call('udp', 'getSockets');
    await t.call('tcp', 'create', { name: 'tcp' });
    await t.call('udp', 'create', { name: 'unbound' });
    const { socketId } = await bound(t, { properties: { name: 'bound', bufferSize: 9 }, paused: true });
    await t.call('udp', 'getSockets');
    await t.call('tcp', 'getSockets');
    await t.call('udp', 'close', socketId);
    await t.call('udp', 'getSockets');
  }),
  scenario('U-03 U-04 udp: bind: what getInfo tells, and a second bind', async (t) => {
    for (const address of ['127.0.0.1', '0.0.0.0', '::', '::1', '127.1', '0x7f.0.0.1', '0:0:0:0:0:0:0:1']) {
      const { socketId } = await bound(t, { address });
      await t.call('udp', 'getInfo', socketId);
      await t.call('udp', 'bind', socketId, address, 0);
      await t.call('udp', 'bind', socketId, 'nonsense', 0);
      await t.call('udp', 'getInfo', socketId);
    }
  }),
  scenario('U-05 udp: bind: what is no literal, and addresses of elsewhere', async (t) => {
    const { socketId } = await t.call('udp', 'create', {});
    for (const address of [
      'localhost',
      '',
      '*',
      '[::1]',
      'nonsense',
      '127.0.0.1 ',
      ' 127.0.0.1',
      '127.0.0.1:80',
      '256.0.0.1',
      '1.2.3.4.5',
      'fe80::1%lo',
      '192.0.2.1',
      '2001:db8::1',
    ]) {
      await t.call('udp', 'bind', socketId, address, 0);
    }
    await t.call('udp', 'getInfo', socketId);
    await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
  }),
  scenario('U-06 U-49 udp: bind: a port in use, of the extension and of somebody else', async (t) => {
    const first = await bound(t);
    const peer = await peerOf(t);
    const { socketId } = await t.call('udp', 'create', {});
    await t.call('udp', 'bind', socketId, '127.0.0.1', first.port);
    await t.call('udp', 'bind', socketId, '0.0.0.0', first.port);
    await t.call('udp', 'bind', socketId, '127.0.0.1', peer.port);
    await t.call('udp', 'setMulticastTimeToLive', socketId, 1);
    await t.call('udp', 'getInfo', socketId);
    await t.call('udp', 'close', first.socketId);
    await t.call('udp', 'bind', socketId, '127.0.0.1', first.port);
    await t.call('udp', 'getInfo', socketId);
  }),
  scenario('udp: bind: ports beyond 16 bits', async (t) => {
    const { socketId, port } = await bound(t);
    await t.call('udp', 'close', socketId);
    const { socketId: second } = await t.call('udp', 'create', {});
    await t.call('udp', 'bind', second, '127.0.0.1', t.namePort(port + 65_536, 'its port, and 65536'));
    await t.call('udp', 'getInfo', second);
    const { socketId: third } = await t.call('udp', 'create', {});
    await t.call('udp', 'bind', third, '127.0.0.1', 65_536);
    await t.call('udp', 'getInfo', third);
  }),
  scenario('U-25 udp: close: no event, and the port is free', async (t) => {
    const { socketId, port } = await bound(t);
    await t.call('udp', 'close', socketId);
    await t.call('udp', 'close', socketId);
    const { socketId: next } = await t.call('udp', 'create', {});
    await t.call('udp', 'bind', next, '127.0.0.1', port);
    await t.barrier();
  }),
  scenario('udp: close with datagrams that wait', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t, { paused: true });
    for (let i = 0; i < 3; i++) await peer.send(`waits ${i}`, port);
    await t.call('udp', 'close', socketId);
    await t.barrier();
  }),
  scenario('udp: close from inside of onReceive', async (t) => {
    const peer = await peerOf(t);
    const { socketId, port } = await bound(t);
    const close = (/** @type {any} */ info) => {
      if (info.socketId === socketId) t.udp.close(socketId, done);
    };
    t.udp.onReceive.addListener(close);
    await peer.send('once', port);
    await got(t, socketId);
    await t.settled();
    await peer.send('and never again', port);
    await t.barrier();
    t.udp.onReceive.removeListener(close);
  }),
  scenario('udp: bind, send and close in one go', async (t) => {
    const peer = await peerOf(t);
    const { socketId } = await t.call('udp', 'create', {});
    t.udp.getInfo(socketId, done);
    t.udp.setMulticastLoopbackMode(socketId, false, done);
    await t.call('udp', 'bind', socketId, '127.0.0.1', 0);
    await send(t, socketId, 'a', peer.port);
    t.udp.update(socketId, { name: 'n' }, done);
    t.udp.getJoinedGroups(socketId, done);
    t.udp.close(socketId, done);
    t.udp.getInfo(socketId, done);
    await t.settled();
    t.note('the peer got', await peer.receive());
  }),
];
