/** What several udp scenarios do. */

import { toBytes } from './bytes.js';

/** @typedef {import('./stage.js').Stage} Stage */

/**
 * A bound socket of the extension.
 *
 * @param {Stage} t
 * @param {{address?: string, properties?: object, paused?: boolean}} [options]
 */
export async function bound(t, { address = '127.0.0.1', properties = {}, paused = false } = {}) {
  const { socketId } = await t.call('udp', 'create', properties);
  if (paused) await t.call('udp', 'setPaused', socketId, true);
  await t.call('udp', 'bind', socketId, address, 0);
  const { localPort } = await t.raw.udp.getInfo(socketId);
  return { socketId, port: t.namePort(localPort, `the port of udp ${t.ports + 1}`) };
}

/**
 * A udp socket of the test's, whose port has a name.
 *
 * @param {Stage} t
 * @param {string} [address]
 */
export async function peerOf(t, address) {
  const peer = await t.peers.udp(address);
  t.namePort(peer.port, 'the port of the peer');
  return peer;
}

/**
 * @param {Stage} t
 * @param {number} socketId
 * @param {string | number | Uint8Array} what text, the length of a pattern, or bytes
 * @param {number} port
 * @param {string} [address]
 * @param {...unknown} dnsQueryType
 */
export function send(t, socketId, what, port, address = '127.0.0.1', ...dnsQueryType) {
  return t.call('udp', 'send', socketId, toBytes(what).buffer, address, port, ...dnsQueryType);
}

/**
 * Waits until a socket has got so many datagrams in all.
 *
 * @param {Stage} t
 * @param {number} socketId
 * @param {number} [count]
 */
export const got = (t, socketId, count = 1) => t.event('udp', 'onReceive', socketId, count);
