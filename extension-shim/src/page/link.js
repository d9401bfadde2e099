/** What a page has in place of a hub: a Port to it, opened when it is needed, and again after the background has stopped. */

import { Connection } from './connection.js';

/**
 * @typedef {object} Environment
 * @property {() => chrome.runtime.Port} connect Knocks at the hub's door. May throw.
 * @property {(there: () => void) => () => void} whenHub Calls back when a hub has something to tell; gives what ends the
 *   waiting.
 */

export class PageLink {
  lost = 'The background of this extension has stopped, and its sockets with it';
  /** @type {Set<string>} Events that this page has listeners for. */
  #listening = new Set();
  /** @type {Connection | undefined} */
  #connection;
  /** @type {import('../hub/hub.js').Context | undefined} */
  #context;
  /** @type {(() => void) | undefined} */
  #stopWaiting;
  #environment;

  /** @param {Environment} environment */
  constructor(environment) {
    this.#environment = environment;
  }

  /** @param {import('../hub/hub.js').Context} context */
  attach(context) {
    this.#context = context;
  }

  /** @param {import('../hub/outbox.js').Call} call */
  call(call) {
    let connection;
    try {
      connection = this.#connect();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setTimeout(() => call.settle({ error: { message } }));
      return;
    }
    connection.call(call);
  }

  /**
   * @param {string} event
   * @param {boolean} some
   */
  listening(event, some) {
    if (some) this.#listening.add(event);
    else this.#listening.delete(event);
    if (this.#connection) this.#connection.listening(event, some);
    else this.#listen();
  }

  hold() {
    this.#connection?.hold();
  }

  release() {
    this.#connection?.release();
  }

  /** Connects for the events alone, where no call would tell of a failure. */
  #listen() {
    if (this.#listening.size === 0) return;
    try {
      this.#connect();
    } catch (error) {
      console.error('chrome-sockets:', error);
    }
  }

  #connect() {
    if (this.#connection) return this.#connection;
    const connection = new Connection(this.#environment.connect(), this);
    this.#connection = connection;
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    for (const event of this.#listening) connection.listening(event, true);
    return connection;
  }

  greeted() {}

  /** @param {import('../hub/credit.js').Delivery} delivery */
  deliver(delivery) {
    this.#context?.deliver(delivery);
  }

  /**
   * @param {Connection} connection
   * @param {string | undefined} why
   */
  ended(connection, why) {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    if (this.#listening.size === 0) return;
    if (why) console.error(`chrome-sockets: no events reach this page. ${why}`);
    // To connect now would start a worker that has just been stopped, again and again. A page that only listens connects
    // when there is something to hear.
    this.#stopWaiting = this.#environment.whenHub(() => this.#listen());
  }
}
