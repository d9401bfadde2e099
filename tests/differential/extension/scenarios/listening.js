/** `listen`, and what ends it. */

import { scenario } from './scenario.js';

/**
 * @param {import('../stage.js').Stage} t
 * @param {...unknown} args of listen
 * @returns {Promise<number>} the socket
 */
async function tryListen(t, ...args) {
  const { socketId } = await t.call('tcpServer', 'create', {});
  await t.call('tcpServer', 'listen', socketId, ...args);
  await t.call('tcpServer', 'getInfo', socketId);
  return socketId;
}

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('S-19 S-20 S-21 S-42 listen, getInfo, and a client', async (t) => {
    const { socketId, port } = await t.server();
    await t.call('tcpServer', 'getInfo', socketId);
    const peer = await t.peers.connect(port);
    t.note('connected', peer.error === undefined);
    await t.accepted(socketId);
  }),
  scenario('S-22 S-23 S-24 a port that is taken, by others and by ourselves', async (t) => {
    const { port } = await t.peers.listen();
    t.namePort(port, 'the port of the peer');
    const socketId = await tryListen(t, '127.0.0.1', port);
    const server = await t.server();
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', server.port);
    await t.call('tcpServer', 'listen', socketId, '0.0.0.0', server.port);
    await t.call('tcpServer', 'getInfo', socketId);
    await t.peers.connect(server.port);
    await t.accepted(server.socketId);
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
    await t.call('tcpServer', 'getInfo', socketId);
  }),
  scenario('S-25 S-26 S-31 addresses that are none, or not ours', async (t) => {
    for (const address of [
      'localhost',
      '',
      '*',
      '[::1]',
      '256.1.1.1',
      '1.2.3.4.5',
      'fe80::1%lo',
      'fe80::1%eth0',
      ' 127.0.0.1',
      '127.0.0.1 ',
      '127.0.0.1:80',
      '::g',
      ':::',
      '1.2.3',
      '192.0.2.1',
      '2001:db8::1',
      '127.0.0.1\u0000',
      '１２７.0.0.1',
      'nonsense',
      '0x100000000',
      '4294967296',
      '08.0.0.1',
    ]) {
      await tryListen(t, address, 0);
    }
  }),
  scenario('S-27 … S-29 addresses in unusual forms', async (t) => {
    for (const address of [
      '127.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.0.1',
      '127.0.0.01',
      '0',
      '0.0.0.0',
      '%31%32%37.0.0.1',
      '１２７.0.0.1',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::127.0.0.1',
      '0000:0000::0001',
      '127.0.0.2',
      '127.0.0.1.',
    ]) {
      await tryListen(t, address, 0);
    }
  }),
  scenario('S-33 S-34 backlogs', async (t) => {
    for (const backlog of [0, -0, -1, 1, 5, 128, 4096, 65_536, 2 ** 31 - 1, -(2 ** 31)]) {
      await tryListen(t, '127.0.0.1', 0, backlog);
    }
  }),
  scenario('several mistakes: which one is told', async (t) => {
    await tryListen(t, 'nonsense', 0, 0);
    const { port } = await t.peers.listen();
    t.namePort(port, 'the port of the peer');
    await tryListen(t, '127.0.0.1', port, 0);
  }),
  scenario('S-35 S-36 ports out of range', async (t) => {
    const port = await t.peers.freePort();
    t.namePort(port, 'the port');
    t.namePort(port + 65_536, 'the port + 65536');
    t.namePort(port - 65_536, 'the port - 65536');
    const socketId = await tryListen(t, '127.0.0.1', port + 65_536);
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', port - 65_536);
    await t.call('tcpServer', 'getInfo', socketId);
    await tryListen(t, '127.0.0.1', 65_536);
    await tryListen(t, '127.0.0.1', -65_536);
    // -1 is 65535, which nobody else has here: free ports of the system are far below.
    const last = await tryListen(t, '127.0.0.1', -1);
    const { localPort } = await t.raw.tcpServer.getInfo(last);
    t.note('-1 is', localPort);
  }),
  scenario(
    'S-30 E-02 dual stack: a client over IPv4 at `::`',
    async (t) => {
      const { socketId, port } = await t.server('::');
      await t.call('tcpServer', 'getInfo', socketId);
      const peer = await t.peers.connect(port, '127.0.0.1');
      t.namePort(peer.port, 'the port of the first peer');
      await t.call('tcp', 'getInfo', await t.accepted(socketId, 1));
      const second = await t.peers.connect(port, '::1');
      t.namePort(second.port, 'the port of the second peer');
      await t.call('tcp', 'getInfo', await t.accepted(socketId, 2));
    },
    { accepts: { D6: true } },
  ),
  scenario(
    'a client at `::1`, at `0.0.0.0`, and at one of the other loopback addresses',
    async (t) => {
      for (const [address, host] of [
        ['::1', '::1'],
        ['0.0.0.0', '127.0.0.1'],
        ['127.0.0.2', '127.0.0.2'],
      ]) {
        const { socketId, port } = await t.server(address);
        const peer = await t.peers.connect(port, host);
        t.namePort(peer.port, `the port of the peer at ${host}`);
        await t.call('tcp', 'getInfo', await t.accepted(socketId));
      }
    },
    { accepts: { D6: true } },
  ),
  scenario('listen on `::`, then on `0.0.0.0`, with the same socket after a disconnect', async (t) => {
    const { socketId, port } = await t.server('::');
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'listen', socketId, '0.0.0.0', port);
    await t.call('tcpServer', 'getInfo', socketId);
    await t.peers.connect(port);
    await t.accepted(socketId);
    t.note('over IPv6', (await t.peers.connect(port, '::1')).error);
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'listen', socketId, '::', port);
    await t.call('tcpServer', 'getInfo', socketId);
    await t.peers.connect(port, '::1');
    await t.accepted(socketId, 2);
  }),
  scenario('`::` and `0.0.0.0` on one port, by two sockets', async (t) => {
    const { port } = await t.server('::');
    await tryListen(t, '0.0.0.0', port);
    const other = await t.server('0.0.0.0');
    await tryListen(t, '::', other.port);
    const third = await t.server('127.0.0.1');
    await tryListen(t, '::1', third.port);
    await tryListen(t, '127.0.0.2', third.port);
  }),
  scenario('S-57 … S-62 S-64 disconnect and close, again and again', async (t) => {
    const { socketId, port } = await t.server();
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'getInfo', socketId);
    // Chromium's port is free soon, but not yet when this has called back.
    await t.barrier();
    t.note('at the port', (await t.peers.connect(port)).error);
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', port);
    await t.call('tcpServer', 'getInfo', socketId);
    await t.peers.connect(port);
    await t.accepted(socketId);
    await t.call('tcpServer', 'close', socketId);
    // Chromium's port is free soon, but not yet when this has called back.
    await t.barrier();
    t.note('at the port', (await t.peers.connect(port)).error);
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'close', socketId);
    await t.barrier();
  }),
  scenario('S-60 disconnect of a server that has never listened', async (t) => {
    const { socketId } = await t.call('tcpServer', 'create', {});
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'getInfo', socketId);
  }),
  scenario('S-72 a port is free at once, with connections on it', async (t) => {
    const { server, peer, socketId } = await t.accept();
    await t.call('tcp', 'close', socketId);
    await peer.rest();
    for (let i = 0; i < 3; i++) {
      await t.call('tcpServer', 'disconnect', server.socketId);
      await t.call('tcpServer', 'listen', server.socketId, '127.0.0.1', server.port);
      await t.peers.connect(server.port);
      await t.accepted(server.socketId, i + 2);
    }
    await t.call('tcpServer', 'close', server.socketId);
    await tryListen(t, '127.0.0.1', server.port);
  }),
  scenario('calls without waiting for the answers: create, listen, getInfo, disconnect, listen, close', async (t) => {
    const { socketId } = await t.call('tcpServer', 'create', {});
    const port = t.namePort(await t.peers.freePort(), 'the port');
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', port);
    t.tcpServer.getInfo(socketId, () => {});
    t.tcpServer.disconnect(socketId, () => {});
    t.tcpServer.getInfo(socketId, () => {});
    t.tcpServer.disconnect(socketId, () => {});
    await t.settled();
    t.tcpServer.close(socketId, () => {});
    t.tcpServer.getInfo(socketId, () => {});
    t.tcpServer.close(socketId, () => {});
    await t.settled();
  }),
  scenario(
    'S-70 D3 listen while listening',
    async (t) => {
      const { socketId, port } = await t.server();
      await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
      const info = await t.raw.tcpServer.getInfo(socketId);
      t.note('the port is the first one', info.localPort === port);
      t.note('paused', info.paused);
      await t.barrier();
    },
    {
      accepts: {
        D3: [
          'script - the port is the first one: false',
          'script - paused: true',
          'script + the port is the first one: true',
          'script + paused: false',
          'server 1 - listen#2 calls back (0)',
          'server 1 - onAcceptError {resultCode: -2}',
          'server 1 + listen#2 calls back (-23) with lastError "net::ERR_SOCKET_IS_CONNECTED"',
        ],
      },
    },
  ),
];
