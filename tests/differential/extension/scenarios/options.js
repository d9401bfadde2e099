/** `setKeepAlive` and `setNoDelay` in every state. */

import { scenario } from './scenario.js';

/**
 * @param {import('../stage.js').Stage} t
 * @param {number} socketId
 */
async function everyOption(t, socketId) {
  for (const args of [
    [true],
    [false],
    [true, 0],
    [true, 1],
    [true, 1000],
    [true, 32_767],
    [true, 32_768],
    [true, 2 ** 31 - 1],
    [true, -1],
    [false, -1],
    [false, 10],
    [true, null],
  ]) {
    await t.call('tcp', 'setKeepAlive', socketId, ...args);
  }
  for (const noDelay of [true, false, true]) await t.call('tcp', 'setNoDelay', socketId, noDelay);
}

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-54 … T-57 options of a connection', async (t) => {
    const { socketId } = await t.connect();
    await everyOption(t, socketId);
  }),
  scenario('options of a connection that is paused', async (t) => {
    const { socketId } = await t.connect({ paused: true });
    await everyOption(t, socketId);
  }),
  scenario('T-58 options without a connection: never, refused, disconnected, ended', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    await everyOption(t, socketId);
    await t.call('tcp', 'connect', socketId, '127.0.0.1', t.namePort(await t.peers.freePort(), 'refuses'));
    await everyOption(t, socketId);
    const left = await t.connect({ paused: true });
    await t.call('tcp', 'disconnect', left.socketId);
    await everyOption(t, left.socketId);
    const ended = await t.connect();
    await ended.peer.end();
    await t.ended(ended.socketId);
    await everyOption(t, ended.socketId);
  }),
  scenario('options while a connect is under way', async (t) => {
    const { port, close } = await t.fullServer();
    const { socketId } = await t.call('tcp', 'create', {});
    const connected = t.call('tcp', 'connect', socketId, '127.0.0.1', port);
    await t.barrier();
    await everyOption(t, socketId);
    await close();
    await connected;
    await t.call('tcp', 'setNoDelay', socketId, true);
  }),
  scenario('T-59 options of a closed socket', async (t) => {
    const { socketId } = await t.connect({ paused: true });
    await t.call('tcp', 'close', socketId);
    await everyOption(t, socketId);
  }),
  scenario('options after the peer has reset, while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await peer.reset();
    await t.barrier();
    await t.call('tcp', 'setNoDelay', socketId, true);
    await t.call('tcp', 'setKeepAlive', socketId, true, 5);
    await t.call('tcp', 'getInfo', socketId);
  }),
];
