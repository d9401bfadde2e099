/** One page of the extension, as the hub sees it: calls that come over its Port, and events that go there. */

import { FrameWriter } from './frame.js';
import { EXCEEDED } from './hub.js';
import { PiecedPayload } from './payload.js';

/**
 * @typedef {object} Names What a page may name.
 * @property {{has: (method: string) => boolean}} methods
 * @property {{has: (event: string) => boolean}} events
 *
 * @typedef {object} Send A send of which pieces are still on their way here.
 * @property {string} method
 * @property {Record<string, any>} params
 * @property {PiecedPayload} data
 */

/** @param {unknown} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

export class RemoteContext {
  /** @type {Set<string>} Events that the page has listeners for. */
  #listening = new Set();
  /** @type {import('./credit.js').Delivery[]} What the page has not consumed, in the order in which it went out. */
  #unconsumed = [];
  #consumed = 0;
  /** @type {Set<number>} Sockets whose farewell the page keeps. */
  #kept = new Set();
  #lastCall = 0;
  /** @type {Map<number, Send>} */
  #sends = new Map();
  #scheduled = false;
  #left = false;
  #port;
  #hub;
  #names;
  #writer;

  /**
   * @param {chrome.runtime.Port} port
   * @param {import('./hub.js').Hub} hub
   * @param {Names} names
   */
  constructor(port, hub, names) {
    this.#port = port;
    this.#hub = hub;
    this.#names = names;
    const transport = {
      post: (/** @type {unknown} */ message) => port.postMessage(message),
      onmessage() {},
      onclose() {},
      close() {},
    };
    // A Port that takes no messages is closed, or as good as closed.
    this.#writer = new FrameWriter(transport, () => this.#leave());
    port.onMessage.addListener((frame) => this.#read(frame));
    port.onDisconnect.addListener(() => this.#leave());
    hub.contexts.add(this);
    this.#post({ hello: 1 }, 0);
  }

  /** @param {import('./credit.js').Delivery} delivery */
  deliver(delivery) {
    const { message } = delivery;
    if (this.#left || !this.#listening.has(message.event)) {
      delivery.release();
      return;
    }
    this.#unconsumed.push(delivery);
    this.#post(message, message.params.data?.length ?? 0);
  }

  /**
   * @param {number} id
   * @param {import('./sockets.js').Farewell | undefined} farewell
   */
  farewellChanged(id, farewell) {
    if (!farewell) {
      if (this.#kept.delete(id)) this.#post({ forget: id }, 0);
    } else if (this.#listening.has(farewell.event)) {
      this.#kept.add(id);
      this.#post({ keep: farewell }, 0);
    }
  }

  hostGone() {
    this.#kept.clear();
    this.#post({ gone: true }, 0);
  }

  /**
   * What one task has for the page goes out together, in order.
   *
   * @param {object} message
   * @param {number} payload
   */
  #post(message, payload) {
    if (this.#left) return;
    this.#writer.add(message, payload);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#left) this.#writer.end();
    });
  }

  /**
   * What makes no sense is ignored: it comes from the extension's own pages, so it can only be a mistake.
   *
   * @param {unknown} frame
   */
  #read(frame) {
    for (const message of Array.isArray(frame) ? frame : [frame]) {
      if (!isObject(message) || this.#left) continue;
      if (message.method !== undefined) this.#call(message);
      else if (message.id !== undefined) this.#piece(message);
      else if (this.#names.events.has(message.listen)) this.#listen(message.listen);
      else if (message.unlisten !== undefined) this.#listening.delete(message.unlisten);
      else if (Number.isSafeInteger(message.consumed)) this.#release(message.consumed - this.#consumed);
    }
  }

  /** @param {string} event */
  #listen(event) {
    this.#listening.add(event);
    for (const farewell of this.#hub.farewells) {
      if (farewell.event === event) this.farewellChanged(farewell.params.socketId, farewell);
    }
  }

  /** @param {{id?: any, method?: any, params?: any, length?: any}} message */
  #call({ id, method, params, length }) {
    if (!Number.isSafeInteger(id) || id <= this.#lastCall || !this.#names.methods.has(method) || !isObject(params))
      return;
    const { data: text, ...rest } = params;
    // Without its length, data is no payload, and nothing else is called that.
    const data = length === undefined ? undefined : PiecedPayload.of(length, text);
    if (length === undefined ? text !== undefined : !data) return;
    this.#lastCall = id;
    if (!data) {
      this.#hub.call({ method, params, settle: (reply) => this.#reply(id, reply) });
    } else if (!this.#hub.charge(data.length)) {
      // The pieces that follow belong to no send, and fall on the floor.
      this.#reply(id, { error: { message: EXCEEDED } });
    } else {
      const send = { method, params: rest, data };
      if (data.complete) this.#send(id, send);
      else this.#sends.set(id, send);
    }
  }

  /** @param {{id?: any, data?: any}} message */
  #piece({ id, data }) {
    const send = this.#sends.get(id);
    if (!send) return;
    if (!send.data.add(data)) {
      this.#sends.delete(id);
      this.#hub.discharge(send.data.length);
      this.#reply(id, { error: { message: 'The payload did not arrive whole.' } });
    } else if (send.data.complete) {
      this.#sends.delete(id);
      this.#send(id, send);
    }
  }

  /**
   * A send begins when all of it is here, so that a page that goes away never leaves half a message behind.
   *
   * @param {number} id
   * @param {Send} send
   */
  #send(id, { method, params, data }) {
    const settle = (/** @type {import('../api/namespaces.js').Reply} */ reply) => this.#reply(id, reply);
    this.#hub.call({ method, params: { ...params, data }, settle, charged: true });
  }

  /**
   * @param {number} id
   * @param {import('../api/namespaces.js').Reply} reply
   */
  #reply(id, { result, error }) {
    this.#post({ id, ...(result === undefined ? undefined : { result }), ...(error && { error }) }, 0);
  }

  /** @param {number} count */
  #release(count) {
    if (count <= 0 || count > this.#unconsumed.length) return;
    this.#consumed += count;
    for (const delivery of this.#unconsumed.splice(0, count)) delivery.release();
  }

  /** The page is gone. Its sockets are the extension's and stay; only what was on its way to or from it ends here. */
  #leave() {
    if (this.#left) return;
    this.#left = true;
    this.#hub.contexts.delete(this);
    for (const { data } of this.#sends.values()) this.#hub.discharge(data.length);
    this.#sends.clear();
    for (const delivery of this.#unconsumed.splice(0)) delivery.release();
    this.#port.disconnect();
  }
}
