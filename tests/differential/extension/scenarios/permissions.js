/** What the manifest key `sockets` does not allow. */

import { scenario } from './scenario.js';

const narrow = /** @type {const} */ ({ kind: 'narrow' });

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario(
    'S-37 … S-41 M-34 M-35 M-37 listen where the manifest allows it, and where not',
    async (t) => {
      const { socketId } = await t.call('tcpServer', 'create', {});
      for (const [address, port] of [
        ['0.0.0.0', 0],
        ['0.0.0.0', 8081],
        ['127.1', 0],
        ['::1', 0],
        ['::', 0],
        ['localhost', 0],
        ['nonsense', 0],
        ['', 0],
        ['127.0.0.1 ', 0],
        ['127.0.0.2', 0],
      ]) {
        await t.call('tcpServer', 'listen', socketId, address, port);
      }
      await t.call('tcpServer', 'listen', socketId, '0.0.0.0', 8080, 0);
      await t.call('tcpServer', 'listen', socketId, '0.0.0.0', 8080 + 65_536, 0);
      await t.call('tcpServer', 'listen', socketId, '0.0.0.0', 8081, 0);
      await t.call('tcpServer', 'listen', 99_999, '::', 0);
      await t.call('tcpServer', 'getInfo', socketId);
      await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
    },
    narrow,
  ),
  scenario(
    'T-11 T-15 M-27 M-32 M-38 connect where the manifest allows it, and where not',
    async (t) => {
      const { port } = await t.peers.listen();
      t.namePort(port, 'the port of the peer');
      const { socketId } = await t.call('tcp', 'create', {});
      for (const [host, at] of [
        ['127.0.0.2', port],
        ['::1', port],
        ['127.1', port],
        ['', port],
        ['example.com', 80],
        ['example.invalid', 81],
        ['wwwexample.invalid', 80],
        ['example.invalid.', 80],
        ['a.localhost', port],
        ['localhost.', port],
        ['[::1]', port],
      ]) {
        await t.call('tcp', 'connect', socketId, host, at);
      }
      await t.call('tcp', 'connect', 99_999, '::1', port);
      await t.call('tcp', 'connect', socketId, 'example.invalid', 80);
      await t.call('tcp', 'connect', socketId, 'WWW.Example.invalid', 80);
      await t.call('tcp', 'connect', socketId, 'www.example.invalid', 80 + 65_536);
      await t.call('tcp', 'connect', socketId, 'LOCALHOST', port, 'ipv4');
      await t.call('tcp', 'connect', socketId, '::1', port);
      await t.call('tcp', 'connect', socketId, '127.0.0.1', port);
    },
    narrow,
  ),
];
