/** Clients as a server gets them. */

import { scenario } from './scenario.js';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('S-43 S-45 ten clients, one after another', async (t) => {
    const { socketId, port } = await t.server();
    /** @type {number[]} */
    const ports = [];
    for (let i = 0; i < 10; i++) ports.push((await t.peers.connect(port)).port);
    await t.accepted(socketId, 10);
    const clients = t.events('tcpServer', 'onAccept', socketId);
    t.note('members', Object.keys(/** @type {object} */ (clients[0])).sort());
    t.note('different numbers', new Set(clients.map(({ clientSocketId }) => clientSocketId)).size);
    const infos = await Promise.all(clients.map(({ clientSocketId }) => t.raw.tcp.getInfo(clientSocketId)));
    t.note(
      'in the order of connecting',
      infos.every(({ peerPort }, i) => peerPort === ports[i]),
    );
  }),
  scenario('S-44 a client that connects while listen is under way', async (t) => {
    const port = await t.peers.freePort();
    t.namePort(port, 'the port');
    const { socketId } = await t.call('tcpServer', 'create', {});
    const listening = t.call('tcpServer', 'listen', socketId, '127.0.0.1', port);
    // It is refused as long as nobody listens; the first one that is not comes at once.
    let peer;
    do {
      peer = await t.peers.connect(port);
    } while (peer.error);
    await listening;
    await t.accepted(socketId);
  }),
  scenario('a client that writes and ends before it is accepted', async (t) => {
    const { socketId, port } = await t.server();
    const peer = await t.peers.connect(port);
    await peer.write('everything');
    await peer.end();
    const client = await t.accepted(socketId);
    await t.call('tcp', 'setPaused', client, false);
    await t.ended(client);
    t.note('the peer', await peer.rest());
  }),
  scenario('S-69 a client that has vanished before it is accepted', async (t) => {
    const { socketId, port } = await t.server();
    await t.call('tcpServer', 'setPaused', socketId, true);
    await t.call('tcpServer', 'setPaused', socketId, false);
    await t.peers.vanish(port);
    const client = await t.accepted(socketId);
    await t.call('tcp', 'setPaused', client, false);
    await t.ended(client);
    await t.peers.connect(port);
    await t.accepted(socketId, 2);
  }),
  scenario(
    'S-69 D1 clients that have vanished while the server was paused',
    async (t) => {
      const { socketId } = await t.call('tcpServer', 'create', {});
      await t.call('tcpServer', 'setPaused', socketId, true);
      await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
      const { localPort } = await t.raw.tcpServer.getInfo(socketId);
      for (let i = 0; i < 3; i++) await t.peers.vanish(localPort);
      await t.call('tcpServer', 'setPaused', socketId, false);
      await t.barrier();
      t.note('accepted', t.events('tcpServer', 'onAccept', socketId).length);
    },
    {
      accepts: {
        D1: [
          'script - accepted: 0',
          'script + accepted: 3',
          ...[1, 2, 3].map((n) => `server 1 + onAccept {clientSocketId: accepted ${n}}`),
        ],
      },
    },
  ),
  scenario('S-63 clients outlive their server', async (t) => {
    const first = await t.accept();
    const second = await t.accept();
    await t.call('tcpServer', 'disconnect', first.server.socketId);
    await t.call('tcpServer', 'close', second.server.socketId);
    for (const { socketId, peer } of [first, second]) {
      await t.call('tcp', 'setPaused', socketId, false);
      await t.send(socketId, 'to the peer');
      t.note('the peer has', await peer.receive(11));
      await peer.write('to the client');
      await t.received(socketId, 13);
    }
  }),
  scenario(
    'S-68 nobody listens for onAccept',
    async (t) => {
      const { socketId, port } = await t.server();
      t.mute('tcpServer', 'onAccept');
      const peer = await t.peers.connect(port);
      t.namePort(peer.port, 'the port of the peer');
      // No event tells, so this asks until it is there.
      for (;;) {
        const sockets = await t.raw.tcp.getSockets();
        if (sockets.some((/** @type {any} */ { peerPort }) => peerPort === peer.port)) break;
      }
      t.listen('tcpServer', 'onAccept');
      await t.call('tcp', 'getSockets');
      await t.barrier();
      t.note('told of', t.events('tcpServer', 'onAccept', socketId).length);
    },
    { accepts: { D6: true } },
  ),
  scenario('T-77 T-78 an accepted socket cannot connect, and has options', async (t) => {
    const { socketId, server } = await t.accept();
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    await t.call('tcp', 'setNoDelay', socketId, false);
    await t.call('tcp', 'setNoDelay', socketId, true);
    await t.call('tcp', 'setKeepAlive', socketId, true, 5);
    await t.call('tcp', 'setKeepAlive', socketId, false);
  }),
  scenario('T-75 an accepted socket sends while it is paused', async (t) => {
    const { socketId, peer } = await t.accept();
    await t.send(socketId, 'hello');
    t.note('the peer has', await peer.receive(5));
    await peer.write('world');
    await t.barrier();
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 5);
  }),
  scenario('two servers, and clients at both in turns', async (t) => {
    const first = await t.server();
    const second = await t.server('::1');
    for (let i = 1; i <= 5; i++) {
      await t.peers.connect(first.port);
      await t.accepted(first.socketId, i);
      await t.peers.connect(second.port, '::1');
      await t.accepted(second.socketId, i);
    }
  }),
  scenario('a connection to a server of the same extension', async (t) => {
    const server = await t.server();
    const { socketId } = await t.call('tcp', 'create', {});
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    const client = await t.accepted(server.socketId);
    await t.call('tcp', 'setPaused', client, false);
    await t.send(socketId, 'there');
    await t.received(client, 5);
    await t.send(client, 'and back');
    await t.received(socketId, 8);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'close', client);
    await t.ended(client);
    await t.ended(socketId);
  }),
  scenario('S-48 S-54 S-55 S-62 pausing a server and going on before anybody comes', async (t) => {
    const { socketId, port } = await t.server();
    await t.call('tcpServer', 'setPaused', socketId, false);
    await t.call('tcpServer', 'setPaused', socketId, true);
    await t.call('tcpServer', 'setPaused', socketId, true);
    await t.call('tcpServer', 'getInfo', socketId);
    await t.call('tcpServer', 'setPaused', socketId, false);
    await t.call('tcpServer', 'getInfo', socketId);
    await t.peers.connect(port);
    await t.accepted(socketId);
    await t.call('tcpServer', 'setPaused', socketId, true);
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'getInfo', socketId);
  }),
  scenario(
    'S-49 S-50 D2 a server is paused: one more client comes through on Chromium’s API',
    async (t) => {
      const { socketId, port } = await t.server();
      await t.call('tcpServer', 'setPaused', socketId, true);
      await t.peers.connect(port);
      await t.peers.connect(port);
      await t.barrier();
      await t.call('tcpServer', 'getInfo', socketId);
    },
    { accepts: { D2: ['server 1 - onAccept {clientSocketId: accepted 1}'] } },
  ),
  scenario(
    'S-52 S-53 D1 a server that listens paused and goes on',
    async (t) => {
      const { socketId } = await t.call('tcpServer', 'create', {});
      await t.call('tcpServer', 'setPaused', socketId, true);
      await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
      const { localPort } = await t.raw.tcpServer.getInfo(socketId);
      await t.peers.connect(localPort);
      await t.barrier();
      await t.call('tcpServer', 'getInfo', socketId);
      await t.call('tcpServer', 'setPaused', socketId, false);
      await t.barrier();
      await t.call('tcpServer', 'getInfo', socketId);
    },
    { accepts: { D1: ['server 1 + onAccept {clientSocketId: accepted 1}'] } },
  ),
  scenario('S-56 a server that is stuck starts again by disconnect and listen', async (t) => {
    const { socketId } = await t.call('tcpServer', 'create', {});
    await t.call('tcpServer', 'setPaused', socketId, true);
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'setPaused', socketId, false);
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
    const { localPort } = await t.raw.tcpServer.getInfo(socketId);
    await t.peers.connect(localPort);
    await t.accepted(socketId);
  }),
  scenario('S-76 500 connects at once, with a backlog of 1', async (t) => {
    const { socketId, port } = await t.server('127.0.0.1', 1);
    // How many tries the system turns away at the full queue is a race. So the clients come again, and what is told is whether
    // each of them has been accepted in the end, once and with a number of its own.
    t.mute('tcpServer', 'onAccept');
    /** @type {number[]} */
    const clients = [];
    const greet = (/** @type {any} */ info) => {
      if (info.socketId !== socketId) return;
      clients.push(info.clientSocketId);
      t.raw.tcp.send(info.clientSocketId, new ArrayBuffer(1), () => chrome.runtime.lastError);
    };
    t.raw.tcpServer.onAccept.addListener(greet);
    const ports = await t.peers.crowd(port, 500);
    t.raw.tcpServer.onAccept.removeListener(greet);
    const infos = await Promise.all(clients.map((client) => t.raw.tcp.getInfo(client)));
    const accepted = infos.map(({ peerPort }) => peerPort);
    t.note('served', ports.length);
    t.note('different numbers', new Set(clients).size === clients.length);
    t.note(
      'accepted once each',
      ports.every((each) => accepted.filter((other) => other === each).length === 1),
    );
    t.listen('tcpServer', 'onAccept');
  }),
  scenario('S-76 500 connects at once', async (t) => {
    const { socketId, port } = await t.server();
    t.note('connected', await t.peers.connectMany(port, 500));
    await t.accepted(socketId, 500);
  }),
];
