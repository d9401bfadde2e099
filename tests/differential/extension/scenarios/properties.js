/** What a socket is made with, what can be changed, and what it tells about itself. */

import { scenario } from './scenario.js';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('S-01 … S-05 tcpServer.create and getInfo', async (t) => {
    for (const properties of [
      {},
      { name: 'a', persistent: true },
      { name: '' },
      { persistent: false },
      { name: 'ü 漢 \u{1f600} "quoted" \\ \n \u0000 end' },
      { name: 'x'.repeat(5000) },
    ]) {
      const { socketId } = await t.call('tcpServer', 'create', properties);
      await t.call('tcpServer', 'getInfo', socketId);
    }
  }),
  scenario('T-01 T-02 T-03 T-05 tcp.create and getInfo', async (t) => {
    for (const properties of [
      {},
      { name: 'a', persistent: true, bufferSize: 104 },
      { bufferSize: 0 },
      { bufferSize: -5 },
      { bufferSize: -0 },
      { bufferSize: 2 ** 31 - 1 },
      { bufferSize: -(2 ** 31) },
      { name: '' },
    ]) {
      const { socketId } = await t.call('tcp', 'create', properties);
      await t.call('tcp', 'getInfo', socketId);
    }
  }),
  scenario('S-09 S-10 S-11 S-75 tcpServer.update, idle and listening', async (t) => {
    const { socketId } = await t.call('tcpServer', 'create', { name: 'a' });
    const updates = [
      { persistent: true },
      {},
      { name: 'b' },
      { name: '', persistent: false },
      { name: 'c', persistent: true },
    ];
    for (const properties of updates) {
      await t.call('tcpServer', 'update', socketId, properties);
      await t.call('tcpServer', 'getInfo', socketId);
    }
    await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
    for (const properties of updates) {
      await t.call('tcpServer', 'update', socketId, properties);
      await t.call('tcpServer', 'getInfo', socketId);
    }
    await t.call('tcpServer', 'disconnect', socketId);
    await t.call('tcpServer', 'getInfo', socketId);
  }),
  scenario('T-04 T-38 tcp.update, unconnected, connected and disconnected', async (t) => {
    const { socketId } = await t.connect({ properties: { name: 'a' } });
    const updates = [
      { persistent: true },
      { bufferSize: 10 },
      {},
      { name: 'b', bufferSize: 0 },
      { bufferSize: 70_000, persistent: false },
      { name: '', persistent: true, bufferSize: -1 },
      { name: 'c', bufferSize: 5 },
    ];
    for (const properties of updates) {
      await t.call('tcp', 'update', socketId, properties);
      await t.call('tcp', 'getInfo', socketId);
    }
    await t.call('tcp', 'disconnect', socketId);
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
    for (const properties of updates) {
      await t.call('tcp', 'update', socketId, properties);
      await t.call('tcp', 'getInfo', socketId);
    }
  }),
  scenario(
    'T-71 T-73 an accepted socket, and what it has not inherited',
    async (t) => {
      const { socketId: server } = await t.call('tcpServer', 'create', { name: 's', persistent: true });
      await t.call('tcpServer', 'listen', server, '127.0.0.1', 0);
      const { localPort } = await t.raw.tcpServer.getInfo(server);
      t.namePort(localPort, 'the port of the server');
      const peer = await t.peers.connect(localPort);
      t.namePort(peer.port, 'the port of the peer');
      const socketId = await t.accepted(server);
      await t.call('tcp', 'getInfo', socketId);
      await t.call('tcp', 'update', socketId, { name: 'n', persistent: true, bufferSize: 7 });
      await t.call('tcp', 'getInfo', socketId);
      await t.call('tcp', 'setPaused', socketId, false);
      await t.call('tcp', 'getInfo', socketId);
      await t.call('tcpServer', 'getInfo', server);
    },
    { accepts: { D6: true } },
  ),
  scenario(
    'S-17 S-18 T-80 getSockets',
    async (t) => {
      await t.call('tcp', 'getSockets');
      await t.call('tcpServer', 'getSockets');
      const { socketId } = await t.accept();
      await t.connect({ properties: { name: 'c', bufferSize: 9 } });
      await t.call('tcp', 'create', { persistent: true });
      await t.call('tcpServer', 'create', { name: 'idle' });
      await t.call('tcp', 'getSockets');
      await t.call('tcpServer', 'getSockets');
      await t.call('tcp', 'close', socketId);
      await t.call('tcp', 'getSockets');
    },
    { accepts: { D6: true } },
  ),
  scenario('getSockets with very many sockets', async (t) => {
    await Promise.all(
      Array.from({ length: 1500 }, (_, i) => t.raw.tcp.create({ name: `socket ${i}`.padEnd(200, '.') })),
    );
    await Promise.all(Array.from({ length: 300 }, () => t.raw.tcpServer.create({})));
    const hidden = (await t.raw.tcp.getSockets()).filter((/** @type {any} */ { name }) => !name).length;
    const all = await t.raw.tcp.getSockets();
    t.note('tcp', all.length - hidden);
    t.note('of different names', new Set(all.map((/** @type {any} */ { name }) => name)).size - 1);
    t.note('servers', (await t.raw.tcpServer.getSockets()).length);
  }),
];
