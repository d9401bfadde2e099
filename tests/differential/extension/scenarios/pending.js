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

/**
 * A port where a connection stays under way: nobody accepts, and the queue is full.
 *
 * @param {import('../stage.js').Stage} t
 * @returns {Promise<number>}
 */
async function fullPort(t) {
  const { socketId } = await t.raw.tcpServer.create({});
  await t.raw.tcpServer.setPaused(socketId, true);
  await new Promise((resolve) => t.raw.tcpServer.listen(socketId, '127.0.0.1', 0, 1, resolve));
  const { localPort } = await t.raw.tcpServer.getInfo(socketId);
  for (let i = 0; i < 2; i++) await t.peers.connect(localPort);
  return t.namePort(localPort, 'a full port');
}

const ABORTED = ' with lastError "net::ERR_ABORTED"';
const NOT_CONNECTED = '({resultCode: -15}) with lastError "net::ERR_SOCKET_NOT_CONNECTED"';
const NOT_FOUND = '() with lastError "Socket not found"';

/** @type {import('./scenario.js').Scenario[]} */
export default ['close', 'disconnect'].flatMap((method) => [
  scenario(
    `D4 D5 T-85 ${method} with a blocked send`,
    async (t) => {
      const { socketId, peer } = await blockedSend(t);
      await t.call('tcp', method, socketId);
      // On Chromium's API it may never be answered.
      t.tcp.send(socketId, new ArrayBuffer(1), () => {});
      await t.barrier();
      await peer.go();
      const { end } = await peer.rest();
      t.note('the peer', end);
    },
    {
      kind: 'fatal',
      accepts: {
        D4: {
          script: ['tcp.create({}, callback)', 'tcp.create calls back ({socketId: tcp 1})', 'the peer: "RST"'],
          'tcp 1': [
            'setPaused(id, true, callback)',
            'setPaused calls back ()',
            'connect(id, "127.0.0.1", the port of peer 1, callback)',
            'connect calls back (0)',
            'send(id, 33554432 bytes (e91c9dc5), callback)',
            'send#2(id, 1 bytes (050c5d1f), callback)',
            `${method}(id, callback)`,
            `send calls back ${NOT_CONNECTED}`,
            `send#2 calls back ${NOT_CONNECTED}`,
            `${method} calls back ()`,
            'send#3(id, 1 bytes (050c5d1f), callback)',
            `send#3 calls back ${method === 'close' ? NOT_FOUND : NOT_CONNECTED}`,
          ],
        },
      },
    },
  ),
  scenario(
    `D4 T-84 ${method} with a pending connect`,
    async (t) => {
      const port = await fullPort(t);
      const { socketId } = await t.call('tcp', 'create', {});
      t.tcp.connect(socketId, '127.0.0.1', port, () => {});
      await t.barrier();
      await t.call('tcp', method, socketId);
      await t.barrier();
    },
    {
      kind: 'fatal',
      accepts: {
        D4: {
          script: ['tcp.create({}, callback)', 'tcp.create calls back ({socketId: tcp 1})'],
          'tcp 1': [
            'connect(id, "127.0.0.1", a full port, callback)',
            `${method}(id, callback)`,
            `connect calls back ${method === 'close' ? NOT_FOUND : `(-3)${ABORTED}`}`,
            `${method} calls back ()`,
          ],
        },
      },
    },
  ),
  scenario(
    `D4 S-71 ${method} with a pending listen`,
    async (t) => {
      const { socketId } = await t.call('tcpServer', 'create', {});
      t.tcpServer.listen(socketId, '127.0.0.1', 0, () => {});
      await t.call('tcpServer', method, socketId);
      await t.barrier();
    },
    {
      kind: 'fatal',
      accepts: {
        D4: {
          script: ['tcpServer.create({}, callback)', 'tcpServer.create calls back ({socketId: server 1})'],
          'server 1': [
            'listen(id, "127.0.0.1", 0, callback)',
            `${method}(id, callback)`,
            // Ours is never pending: it has come to an end before the next call is looked at.
            'listen calls back (0)',
            `${method} calls back ()`,
          ],
        },
      },
    },
  ),
]);
