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
  await t.barrier();
  return socketId;
}

/** So many that not all of them can be done before they are given up, on Chromium's API. */
const servers = Array.from({ length: 30 }, (_, i) => ({
  create: `tcpServer.create${i > 0 ? `#${i + 1}` : ''}`,
  name: `server ${i + 1}`,
}));

const ABORTED = ' with lastError "net::ERR_ABORTED"';
const NOT_CONNECTED = '({resultCode: -15}) with lastError "net::ERR_SOCKET_NOT_CONNECTED"';
const NOT_FOUND = '() with lastError "Socket not found"';

/** @type {import('./scenario.js').Scenario[]} */
export default ['close', 'disconnect'].flatMap((method) => [
  scenario(
    `D4 T-85 ${method} with a blocked send`,
    async (t) => {
      const socketId = await blockedSend(t);
      await t.call('tcp', method, socketId);
      // On Chromium's API it may never be answered.
      t.tcp.send(socketId, new ArrayBuffer(1), () => {});
      await t.barrier();
    },
    {
      kind: 'fatal',
      accepts: {
        D4: {
          script: ['tcp.create({}, callback)', 'tcp.create calls back ({socketId: tcp 1})'],
          'tcp 1': [
            'setPaused(id, true, callback)',
            'setPaused calls back ()',
            'connect(id, "127.0.0.1", the port of peer 1, callback)',
            'connect calls back (0)',
            'send(id, 33554432 bytes (e91c9dc5), callback)',
            `${method}(id, callback)`,
            `send calls back ${NOT_CONNECTED}`,
            `${method} calls back ()`,
            'send#2(id, 1 bytes (050c5d1f), callback)',
            `send#2 calls back ${method === 'close' ? NOT_FOUND : NOT_CONNECTED}`,
          ],
        },
      },
    },
  ),
  scenario(
    `D4 T-84 ${method} with a pending connect`,
    async (t) => {
      const { port } = await t.fullServer();
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
    `D4 S-71 ${method} with pending listens`,
    async (t) => {
      const sockets = await Promise.all(servers.map(() => t.call('tcpServer', 'create', {})));
      for (const { socketId } of sockets) {
        t.tcpServer.listen(socketId, '127.0.0.1', 0, () => {});
        t.tcpServer[method](socketId, () => {});
      }
      await t.barrier();
    },
    {
      kind: 'fatal',
      accepts: {
        D4: {
          script: [
            ...servers.map(({ create }) => `${create}({}, callback)`),
            ...servers.map(({ create, name }) => `${create} calls back ({socketId: ${name}})`),
          ],
          ...Object.fromEntries(
            servers.map(({ name }) => [
              name,
              [
                'listen(id, "127.0.0.1", 0, callback)',
                `${method}(id, callback)`,
                // Ours is never pending: it has come to an end before the next call is looked at.
                'listen calls back (0)',
                `${method} calls back ()`,
              ],
            ]),
          ),
        },
      },
    },
  ),
]);
