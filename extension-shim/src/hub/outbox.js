/**
 * What goes to the host, and when. The calls of one microtask share a frame; payload waits behind calls and acks, takes
 * turns between sockets, and stays within the window that the host has opened.
 */

import { FrameWriter } from './frame.js';
import { CHUNK } from './payload.js';

const DEFAULT_WINDOW = 4 * 1024 * 1024;

/** After these calls the socket's connection is over, so payload that has not left yet has no one to go to. */
const ENDS = new Set(['sockets.tcp.close', 'sockets.tcp.disconnect']);

export const notConnected = () => ({
  error: { message: 'net::ERR_SOCKET_NOT_CONNECTED', code: -15 },
  result: { resultCode: -15 },
});

/**
 * @typedef {object} Call A request on its way.
 * @property {number} [id]
 * @property {string} method
 * @property {Record<string, any>} params `data`, where there is any, is a `Payload` here, or what looks like one.
 * @property {(reply: import('../api/namespaces.js').Reply) => void} settle
 * @property {boolean} [charged] The quota has been taken already.
 * @property {Call[]} [unsent] Sends that this call ends before any of them has left.
 * @property {unknown[]} [parts] What has come of a reply that comes in parts.
 *
 * @typedef {object} Send Payload on its way.
 * @property {Call} call
 * @property {number} offset How much of it has left.
 * @property {boolean} cut Nothing more of it is wanted; an empty last chunk ends it.
 */

export class Outbox {
  /** @type {Call[]} */
  #calls = [];
  /** @type {Map<number, Send[]>} Sends by socket; the order of the map is the order of turns. */
  #sends = new Map();
  #scheduled = false;
  #held = false;
  #sent = 0;
  #acked = 0;
  #window = DEFAULT_WINDOW;
  #takeAck;
  #writer;

  /**
   * @param {import('./frame.js').Transport} transport
   * @param {object} session
   * @param {() => object | undefined} session.takeAck Parameters of the ack that is due, if one is.
   * @param {(id: number, reply: import('../api/namespaces.js').Reply) => void} session.refuse Called for a call that
   *   will not be answered by the host.
   */
  constructor(transport, { takeAck, refuse }) {
    this.#takeAck = takeAck;
    this.#writer = new FrameWriter(transport, ({ id }, reason) => {
      if (id !== undefined) refuse(id, { error: { message: `The message could not be sent to the host: ${reason}` } });
    });
  }

  /** @param {Call} call */
  add(call) {
    this.#calls.push(call);
    this.#schedule();
  }

  /** While a batch of events is being dispatched, the calls that it provokes are collected. */
  hold() {
    this.#held = true;
  }

  release() {
    this.#held = false;
    this.flush();
  }

  /**
   * The host has taken payload from the pipe.
   *
   * @param {number} bytes Cumulative.
   */
  acked(bytes) {
    if (bytes > this.#acked) this.#acked = Math.min(bytes, this.#sent);
    this.#schedule();
  }

  /** @param {number} bytes How much payload may be un-acked. */
  set window(bytes) {
    this.#window = bytes;
    this.#schedule();
  }

  /**
   * A call has been settled. If it was a send of which something is still here, that something is not wanted any more.
   *
   * @param {Call} call
   */
  settled(call) {
    const send = this.#sends.get(call.params.socketId)?.[0];
    if (send?.call !== call) return;
    send.cut = true;
    this.#schedule();
  }

  #schedule() {
    if (this.#scheduled || this.#held) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** Posts all that may go now. */
  flush() {
    const ack = this.#takeAck();
    if (ack) this.#writer.add({ method: 'host.ack', params: ack }, 0);
    const calls = this.#calls;
    this.#calls = [];
    for (const call of calls) this.#writeCall(call);
    this.#writeChunks();
    this.#writer.end();
  }

  /** @param {Call} call */
  #writeCall(call) {
    const { id, method, params } = call;
    if (params.data) {
      const send = { call, offset: 0, cut: false };
      const queue = this.#sends.get(params.socketId);
      if (queue) queue.push(send);
      // A send of one chunk keeps its place among the calls: what `send(); close()` sends arrives.
      else if (params.data.length <= CHUNK && this.#fits(params.data.length)) this.#writeChunk(send);
      else this.#sends.set(params.socketId, [send]);
      return;
    }
    this.#writer.add({ id, method, params }, 0);
    if (ENDS.has(method)) call.unsent = this.#endSends(params.socketId);
  }

  /**
   * The connection is over, by a call just written. A send that the host has seen the beginning of is failed by the host;
   * it does not know of the others, and must not take them for a later connection of the same socket.
   *
   * @param {number} socketId
   * @returns {Call[]} The others. They fail behind the first and before the call that ends them, whose replies the host
   *   gives in that order.
   */
  #endSends(socketId) {
    const queue = this.#sends.get(socketId) ?? [];
    const [first] = queue;
    const begun = first && first.offset > 0 ? queue.shift() : undefined;
    if (begun) {
      begun.cut = true;
      this.#writeChunk(begun);
    }
    this.#sends.delete(socketId);
    return queue.map(({ call }) => call);
  }

  /** @param {number} bytes */
  #fits(bytes) {
    return this.#sent - this.#acked + bytes <= this.#window;
  }

  /** One chunk of each socket in turn, for as long as the window is open. */
  #writeChunks() {
    for (const [socketId, queue] of this.#sends) {
      const send = /** @type {Send} */ (queue[0]);
      const { data } = send.call.params;
      if (!send.cut && !this.#fits(Math.min(CHUNK, data.length - send.offset))) return;
      // Taken out and put back at the end, the socket comes up again in this same loop.
      this.#sends.delete(socketId);
      if (this.#writeChunk(send)) queue.shift();
      if (queue.length > 0) this.#sends.set(socketId, queue);
    }
  }

  /**
   * @param {Send} send
   * @returns {boolean} Whether that was the last of it.
   */
  #writeChunk(send) {
    const { id, method, params } = send.call;
    const end = send.cut ? send.offset : Math.min(send.offset + CHUNK, params.data.length);
    const last = send.cut || end === params.data.length;
    const data = params.data.base64(send.offset, end);
    const message = { id, method, ...(last ? undefined : { more: true }), params: { ...params, data } };
    const size = end - send.offset;
    send.offset = end;
    this.#sent += size;
    this.#writer.add(message, size);
    return last;
  }
}
