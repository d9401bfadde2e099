/**
 * What the app of one context sees, in which order. Replies and events wait in one queue and reach the app in the order of
 * the wire: a reply to `setPaused`, `close` or `disconnect` comes behind the data that was sent before it.
 */

import { decode } from './hub/base64.js';
import { Delivery } from './hub/credit.js';

/** @typedef {import('./api/namespaces.js').Reply} Reply */

const STREAM = 'sockets.tcp.onReceive';
const DATAGRAM = 'sockets.udp.onReceive';
const DEFAULT_SLICE = 4096;
/** Enough for the continuation of an `await` on a call, or on an async function that returns a promise. */
const HOPS = 4;
/** How many events and replies may be handled before the calls that they provoked are sent. */
const BATCH = 32;

/**
 * @typedef {object} Link What connects a context with the host: the hub, or in a page a Port to the hub.
 * @property {(context: import('./hub/hub.js').Context) => void} attach Events go to this context from now on.
 * @property {(call: import('./hub/outbox.js').Call) => void} call Starts a call. It is settled exactly once, and never
 *   before this returns.
 * @property {(event: string, some: boolean) => void} listening The first listener of an event has come, or the last has
 *   gone.
 * @property {() => void} hold While a batch of events is dispatched, the calls that it provokes are collected.
 * @property {() => void} release Sends what has been collected.
 */

export class Dispatcher {
  /** @type {(Delivery | {finish: (reply: Reply) => void, reply: Reply})[]} */
  #queue = [];
  #running = false;
  #handled = 0;
  #link;
  #events;

  /**
   * @param {Link} link
   * @param {ReadonlyMap<string, import('./api/event.js').EventSource>} events The app's events, by their names on the wire.
   */
  constructor(link, events) {
    this.#link = link;
    this.#events = events;
    link.attach(this);
  }

  /** @type {import('./api/namespaces.js').CallHost} */
  call = (method, params, finish) => {
    this.#link.call({ method, params, settle: (reply) => this.#push({ finish, reply }) });
  };

  /**
   * @param {string} event
   * @param {boolean} some
   */
  listening(event, some) {
    this.#link.listening(event, some);
  }

  /** @param {Delivery} delivery */
  deliver(delivery) {
    this.#push(delivery);
  }

  /** @param {Delivery | {finish: (reply: Reply) => void, reply: Reply}} item */
  #push(item) {
    this.#queue.push(item);
    if (!this.#running) this.#run();
  }

  async #run() {
    this.#running = true;
    this.#link.hold();
    // From here on, so that the answers to one frame of calls provoke one frame again and not parts of two.
    this.#handled = 0;
    while (this.#queue.length > 0) {
      const items = this.#queue;
      this.#queue = [];
      for (const item of items) {
        try {
          if (item instanceof Delivery) await this.#dispatch(item);
          else item.finish(item.reply);
        } catch (error) {
          console.error('chrome-sockets:', error);
        }
        await this.#breathe();
      }
    }
    this.#running = false;
    this.#link.release();
  }

  /** @param {Delivery} delivery */
  async #dispatch(delivery) {
    const { event, params } = delivery.message;
    const source = this.#events.get(event);
    try {
      if (!source?.hasListeners) return;
      if (event !== STREAM) {
        source.fire(event === DATAGRAM ? { ...params, data: decode(params.data).buffer } : params);
        return;
      }
      const { socketId } = params;
      const { buffer } = decode(params.data);
      const slice = Math.max(1, delivery.message.slice ?? DEFAULT_SLICE);
      if (buffer.byteLength <= slice) {
        source.fire({ socketId, data: buffer });
        return;
      }
      for (let at = 0; at < buffer.byteLength; at += slice) {
        if (at > 0) await this.#breathe();
        source.fire({ socketId, data: buffer.slice(at, at + slice) });
      }
    } finally {
      delivery.release();
    }
  }

  /** Between two events Chrome lets everything run that the first one has made ready; a few microtasks come close. */
  async #breathe() {
    this.#handled += 1;
    if (this.#handled % BATCH === 0) {
      this.#link.release();
      this.#link.hold();
    }
    for (let hop = 0; hop < HOPS; hop += 1) await null;
  }
}
