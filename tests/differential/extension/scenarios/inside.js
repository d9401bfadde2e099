/** `getInfo`, asked inside of every callback and every event. */

import { scenario } from './scenario.js';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('getInfo everywhere: the life of a server', async (t) => {
    t.askInside();
    const { socketId } = await t.call('tcpServer', 'create', { name: 's' });
    await t.call('tcpServer', 'listen', socketId, 'localhost', 0);
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
    const { localPort } = await t.raw.tcpServer.getInfo(socketId);
    t.namePort(localPort, 'the port of the server');
    for (let i = 1; i <= 3; i++) {
      await t.peers.connect(localPort);
      await t.accepted(socketId, i);
      await t.settled();
    }
    await t.call('tcpServer', 'setPaused', socketId, true);
    await t.call('tcpServer', 'setPaused', socketId, false);
    await t.call('tcpServer', 'update', socketId, { name: 'renamed' });
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'close', socketId);
    await t.settled();
  }),
  scenario('getInfo everywhere: the life of a connection', async (t) => {
    t.askInside();
    const { socketId, peer } = await t.connect({ properties: { name: 'c', bufferSize: 100 } });
    await t.settled();
    await peer.write('hello');
    await t.received(socketId, 5);
    await t.settled();
    await t.send(socketId, 'answer');
    await t.call('tcp', 'setNoDelay', socketId, true);
    await t.call('tcp', 'update', socketId, { name: 'renamed' });
    await t.settled();
    await peer.end();
    await t.ended(socketId);
    await t.settled();
    await t.send(socketId, 'too late');
    await t.call('tcp', 'disconnect', socketId);
    await t.call('tcp', 'close', socketId);
    await t.settled();
  }),
  scenario('getInfo everywhere: a reset, and another connection', async (t) => {
    t.askInside();
    const { socketId, peer, server } = await t.connect();
    await t.settled();
    await peer.reset();
    await t.ended(socketId);
    await t.settled();
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.settled();
    await t.call('tcp', 'disconnect', socketId);
    await t.ended(socketId);
    await t.settled();
  }),
  scenario(
    'getInfo everywhere: an accepted connection, closed by ourselves',
    async (t) => {
      t.askInside();
      const { socketId, peer } = await t.accept();
      await t.settled();
      await t.call('tcp', 'setPaused', socketId, false);
      await t.settled();
      await peer.write('hello');
      await t.received(socketId, 5);
      await t.settled();
      await t.call('tcp', 'close', socketId);
      await t.ended(socketId);
      await t.settled();
    },
    { accepts: { D6: true } },
  ),
];
