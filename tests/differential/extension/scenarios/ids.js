/** Numbers of sockets: unknown, closed, of the other namespace. */

import { scenario } from './scenario.js';

const buffer = new ArrayBuffer(1);

/**
 * Every call that names a socket.
 *
 * @param {import('../stage.js').Stage} t
 * @param {number} id
 */
async function everyServerCall(t, id) {
  await t.call('tcpServer', 'update', id, { name: 'x' });
  await t.call('tcpServer', 'setPaused', id, true);
  await t.call('tcpServer', 'listen', id, '127.0.0.1', 0);
  await t.call('tcpServer', 'listen', id, 'nonsense', 0, 0);
  await t.call('tcpServer', 'disconnect', id);
  await t.call('tcpServer', 'getInfo', id);
  await t.call('tcpServer', 'close', id);
}

/**
 * @param {import('../stage.js').Stage} t
 * @param {number} id
 */
async function everyTcpCall(t, id) {
  await t.call('tcp', 'update', id, { bufferSize: 1 });
  await t.call('tcp', 'setPaused', id, false);
  await t.call('tcp', 'connect', id, '127.0.0.1', 1);
  await t.call('tcp', 'connect', id, 'nonsense.invalid', 1, 'ipv6');
  await t.call('tcp', 'send', id, buffer);
  await t.call('tcp', 'send', id, new ArrayBuffer(0));
  await t.call('tcp', 'setKeepAlive', id, true, 1);
  await t.call('tcp', 'setNoDelay', id, true);
  await t.call('tcp', 'disconnect', id);
  await t.call('tcp', 'getInfo', id);
  await t.call('tcp', 'close', id);
}

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('S-12 … S-16 T-12 T-48 T-59 numbers that no socket has', async (t) => {
    for (const id of [99_999, 0, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      await everyServerCall(t, id);
      await everyTcpCall(t, id);
    }
  }),
  scenario('S-65 T-06 T-42 closed sockets', async (t) => {
    const { socketId: server } = await t.call('tcpServer', 'create', {});
    await t.call('tcpServer', 'close', server);
    await everyServerCall(t, server);
    const { socketId } = await t.call('tcp', 'create', {});
    await t.call('tcp', 'close', socketId);
    await everyTcpCall(t, socketId);
  }),
  scenario('S-06 S-08 numbers only grow', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      const { socketId: first } = await t.call(namespace, 'create', {});
      const { socketId: second } = await t.call(namespace, 'create', {});
      await t.call(namespace, 'close', second);
      const { socketId: third } = await t.call(namespace, 'create', {});
      t.note(`${namespace}: each is greater than those before`, first > 0 && second > first && third > second);
    }
  }),
  scenario(
    'S-07 S-73 S-74 ids the number of a socket of the other namespace',
    async (t) => {
      const { socketId: tcp } = await t.call('tcp', 'create', { name: 'tcp' });
      // On Chromium's API the servers have a counter of their own: so many until one has the same number.
      const { socketId: latest } = await t.raw.tcpServer.create({});
      await Promise.all(Array.from({ length: Math.max(0, tcp - latest - 1) }, () => t.raw.tcpServer.create({})));
      const { socketId: server } = await t.call('tcpServer', 'create', { name: 'server' });
      t.note('both have one number', server === tcp);
      await t.call('tcp', 'getInfo', server);
      await t.call('tcpServer', 'getInfo', tcp);
      await t.call('tcp', 'close', server);
      await t.call('tcp', 'getInfo', tcp);
    },
    {
      accepts: {
        ids: [
          'script - both have one number: true',
          'script + both have one number: false',
          'server 1 - getInfo(id, callback)',
          'server 1 - getInfo calls back ({name: "server", paused: false, persistent: false, socketId: server 1})',
          'tcp 1 - close(id, callback)',
          'tcp 1 - close calls back ()',
          'tcp 1 - getInfo#2(id, callback)',
          'tcp 1 - getInfo#2 calls back () with lastError "Socket not found"',
          'the number of server 1 + getInfo(id, callback)',
          'the number of server 1 + getInfo calls back () with lastError "Socket not found"',
          'the number of server 1 + close(id, callback)',
          'the number of server 1 + close calls back () with lastError "Socket not found"',
          'the number of tcp 1 + getInfo(id, callback)',
          'the number of tcp 1 + getInfo calls back () with lastError "Socket not found"',
        ],
      },
    },
  ),
];
