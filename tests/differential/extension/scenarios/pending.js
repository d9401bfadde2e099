/** `close` and `disconnect` with calls under way, where Chromium drops the callbacks or loses the process. */

import { scenario } from './scenario.js';

const MIB = 1024 * 1024;

/**
 * A connection with a send that cannot end, because the peer does not read.
 *
 * @param {import('../stage.js').Stage} t
 */
async function blockedSend(t) {
  const { socketId, peer } = await t.connect({ paused: true });
  await peer.stop();
  t.tcp.send(socketId, new ArrayBuffer(32 * MIB), () => {});
  t.tcp.send(socketId, new ArrayBuffer(1), () => {});
  await t.barrier();
  return { socketId, peer };
}

/** @type {import('./scenario.js').Scenario[]} */
export default ['close', 'disconnect'].flatMap((method) => [
  scenario(
    `D4 T-85 ${method} with a blocked send`,
    async (t) => {
      const { socketId } = await blockedSend(t);
      await t.call('tcp', method, socketId);
      await t.barrier();
      await t.send(socketId, 'after');
    },
    { kind: 'alone' },
  ),
  scenario(
    `D4 T-84 ${method} with a pending connect`,
    async (t) => {
      const { port } = await t.peers.listen();
      t.namePort(port, 'the port of the peer');
      const { socketId } = await t.call('tcp', 'create', {});
      t.tcp.connect(socketId, '127.0.0.1', port, () => {});
      await t.call('tcp', method, socketId);
      await t.barrier();
    },
    { kind: 'alone' },
  ),
  scenario(
    `D4 S-71 ${method} with a pending listen`,
    async (t) => {
      const { socketId } = await t.call('tcpServer', 'create', {});
      t.tcpServer.listen(socketId, '127.0.0.1', 0, () => {});
      await t.call('tcpServer', method, socketId);
      await t.barrier();
    },
    { kind: 'alone' },
  ),
]);
