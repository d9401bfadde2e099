/** `connect`. */

import { scenario } from './scenario.js';

/**
 * @param {import('../stage.js').Stage} t
 * @param {...unknown} args of connect
 * @returns {Promise<number>} the socket
 */
async function tryConnect(t, ...args) {
  const { socketId } = await t.call('tcp', 'create', {});
  await t.call('tcp', 'connect', socketId, ...args);
  await t.call('tcp', 'getInfo', socketId);
  return socketId;
}

/** @param {import('../stage.js').Stage} t */
async function peerServer(t, host = '127.0.0.1') {
  const server = await t.peers.listen(host);
  t.namePort(server.port, `the port of the peer at ${host}`);
  return server;
}

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-07 T-08 connect, and what getInfo tells', async (t) => {
    const { port } = await peerServer(t);
    await tryConnect(t, '127.0.0.1', port);
    await tryConnect(t, 'localhost', port);
  }),
  scenario('connect to `localhost` in several spellings and families', async (t) => {
    const { port } = await peerServer(t);
    const { port: port6 } = await peerServer(t, '::1');
    for (const [host, at, family] of [
      ['LOCALHOST', port, 'any'],
      ['localhost.', port, 'any'],
      ['a.localhost', port, 'any'],
      ['localhost', port, 'ipv4'],
      ['localhost', port, 'ipv6'],
      ['localhost', port6, 'any'],
      ['localhost', port6, 'ipv4'],
      ['localhost', port6, 'ipv6'],
    ]) {
      await tryConnect(t, host, at, family);
    }
  }),
  scenario('connect to `::1`, and over dual stack', async (t) => {
    const { port } = await peerServer(t, '::1');
    await tryConnect(t, '::1', port);
    await tryConnect(t, '127.0.0.1', port);
    const { port: both } = await peerServer(t, '::');
    await tryConnect(t, '::1', both);
    await tryConnect(t, '127.0.0.1', both);
    await tryConnect(t, '::ffff:127.0.0.1', both);
  }),
  scenario('literals in unusual forms', async (t) => {
    const { port } = await peerServer(t);
    for (const host of [
      '127.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '0.0.0.0',
      '0:0:0:0:0:0:0:1',
      '::ffff:7f00:1',
      '127.0.0.1.',
    ]) {
      await tryConnect(t, host, port);
    }
  }),
  scenario('a literal and the family that is asked for', async (t) => {
    const { port } = await peerServer(t, '::');
    for (const [host, family] of [
      ['127.0.0.1', 'ipv4'],
      ['127.0.0.1', 'ipv6'],
      ['::1', 'ipv4'],
      ['::1', 'ipv6'],
      ['::ffff:127.0.0.1', 'ipv4'],
    ]) {
      await tryConnect(t, host, port, family);
    }
  }),
  scenario('T-10 names and literals that lead nowhere', async (t) => {
    for (const host of [
      'does-not-exist.invalid',
      'x.invalid',
      '',
      ' ',
      '.',
      '[::1]',
      '256.256.256.256',
      '1.2.3.4.5',
      'a b',
      'a..b',
      'http://127.0.0.1',
      '127.0.0.1:80',
      '127.0.0.1/8',
      `${'a'.repeat(64)}.invalid`,
      `${'a.'.repeat(130)}invalid`,
      'ü.invalid',
      'a\u0000b',
      '*',
      'fe80::1%nonsense',
      ':::',
    ]) {
      await tryConnect(t, host, 80);
    }
  }),
  scenario('T-09 T-90 a port that refuses, and another try', async (t) => {
    const closed = await t.peers.freePort();
    t.namePort(closed, 'a port that refuses');
    const { port } = await peerServer(t);
    const socketId = await tryConnect(t, '127.0.0.1', closed);
    await t.call('tcp', 'connect', socketId, 'localhost', closed);
    await t.call('tcp', 'connect', socketId, '::1', closed);
    await t.call('tcp', 'connect', socketId, '127.0.0.1', port);
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('connect to what the system does not route', async (t) => {
    // Linux refuses these itself: no packet leaves the machine.
    for (const host of ['255.255.255.255', '224.0.0.1', 'ff02::1', '240.0.0.1', '0.0.0.1']) {
      await tryConnect(t, host, 9);
    }
  }),
  scenario('T-86 ports out of range', async (t) => {
    const { port } = await peerServer(t);
    t.namePort(port + 65_536, 'the port of the peer + 65536');
    t.namePort(port - 65_536, 'the port of the peer - 65536');
    await tryConnect(t, '127.0.0.1', port + 65_536);
    await tryConnect(t, '127.0.0.1', port - 65_536);
    for (const never of [0, 65_536, -1, 2 ** 31 - 1, -(2 ** 31)]) await tryConnect(t, '127.0.0.1', never);
  }),
  scenario('T-13 connect while connected', async (t) => {
    const { socketId, server, peer } = await t.connect();
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    await t.call('tcp', 'connect', socketId, 'does-not-exist.invalid', 80);
    await t.call('tcp', 'getInfo', socketId);
    await peer.write('still there');
    await t.received(socketId, 11);
  }),
  scenario('T-14 connect while another one is pending', async (t) => {
    const server = await t.fullServer();
    const { socketId } = await t.call('tcp', 'create', {});
    t.tcp.connect(socketId, '127.0.0.1', server.port, () => {});
    await t.barrier();
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    await t.call('tcp', 'send', socketId, new ArrayBuffer(1));
    await t.call('tcp', 'getInfo', socketId);
    // The first one goes on until the system asks again, and then nobody is there.
    await server.close();
    await t.settled();
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('T-36 disconnect of a socket that has never been connected, twice', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    await t.call('tcp', 'disconnect', socketId);
    await t.call('tcp', 'disconnect', socketId);
    await t.call('tcp', 'getInfo', socketId);
    await t.barrier();
  }),
  scenario('T-34 T-37 disconnect and connect again, un-paused and not', async (t) => {
    const { socketId, server } = await t.connect();
    await t.call('tcp', 'disconnect', socketId);
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
    const accepted = server.accept();
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    await t.call('tcp', 'getInfo', socketId);
    const peer = await accepted;
    await peer.write('again');
    await t.barrier();
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 5);
    await t.send(socketId, 'answer');
    t.note('the peer has', await peer.receive(6));
  }),
  scenario(
    'D12 an accepted socket connects after a disconnect',
    async (t) => {
      const { socketId } = await t.accept();
      const { port } = await peerServer(t);
      await t.call('tcp', 'disconnect', socketId);
      await t.call('tcp', 'getInfo', socketId);
      await t.call('tcp', 'connect', socketId, '127.0.0.1', port);
      await t.call('tcp', 'getInfo', socketId);
    },
    {
      kind: 'fatal',
      accepts: {
        D12: {
          script: ['tcpServer.create({}, callback)', 'tcpServer.create calls back ({socketId: server 1})'],
          'server 1': [
            'listen(id, "127.0.0.1", 0, callback)',
            'listen calls back (0)',
            'onAccept {clientSocketId: accepted 1}',
          ],
          'accepted 1': [
            'disconnect(id, callback)',
            'disconnect calls back ()',
            'getInfo(id, callback)',
            'getInfo calls back ({connected: false, paused: true, persistent: false, socketId: accepted 1})',
            'connect(id, "127.0.0.1", the port of the peer at 127.0.0.1, callback)',
            'connect calls back (0)',
            'getInfo#2(id, callback)',
            'getInfo#2 calls back ({connected: true, localAddress: "127.0.0.1", localPort: a port, paused: true, peerAddress: "127.0.0.1", peerPort: the port of the peer at 127.0.0.1, persistent: false, socketId: accepted 1})',
          ],
        },
      },
    },
  ),
  scenario('T-16 a peer that sends at once: connect calls back first', async (t) => {
    const server = await peerServer(t);
    const { socketId } = await t.call('tcp', 'create', {});
    const accepted = server.accept().then((peer) => peer.write('at once'));
    await Promise.all([t.call('tcp', 'connect', socketId, '127.0.0.1', server.port), accepted]);
    await t.received(socketId, 7);
  }),
  scenario('a peer that ends, and one that resets, as soon as they are connected', async (t) => {
    const server = await peerServer(t);
    for (const how of /** @type {const} */ (['end', 'reset'])) {
      const { socketId } = await t.call('tcp', 'create', {});
      const accepted = server.accept();
      // Behind the answer: a reset that is faster than either system's look makes it -101.
      await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
      await (await accepted)[how]();
      await t.ended(socketId);
      await t.call('tcp', 'getInfo', socketId);
    }
  }),
  scenario('ten connections, made at once', async (t) => {
    const { port } = await peerServer(t);
    const sockets = await Promise.all(Array.from({ length: 10 }, () => t.call('tcp', 'create', {})));
    await Promise.all(sockets.map(({ socketId }) => t.call('tcp', 'connect', socketId, '127.0.0.1', port)));
    for (const { socketId } of sockets) await t.call('tcp', 'getInfo', socketId);
  }),
];
