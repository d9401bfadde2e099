/**
 * In an extension without a background the pages elect one of them: it is the hub for as long as it lives, and the others
 * reach it as they would reach a background. The sockets end with it, and another page takes its place.
 */

import { Connection } from './connection.js';

// The browser gives it to one page at a time, in the order of asking, and takes it back when that page is gone.
const LOCK = 'chrome-sockets/hub';

/**
 * @typedef {object} Environment
 * @property {import('../hub/hub.js').Hub} hub This page's own, in case that it is elected.
 * @property {() => void} openDoor Lets other pages in.
 * @property {() => void} announce Tells them.
 * @property {LockManager | undefined} locks
 * @property {() => chrome.runtime.Port} connect Knocks at the door of the page that is elected.
 * @property {(there: () => void) => () => void} whenHub
 */

export class ElectedLink {
  lost = 'The page that held the sockets of this extension has been closed, and its sockets with it';
  /** @type {Set<string>} Events that this page has listeners for. */
  #listening = new Set();
  /** @type {import('../hub/outbox.js').Call[]} Calls from a time when nobody is elected. */
  #waiting = [];
  /** @type {import('../hub/hub.js').Hub | Connection | undefined} What calls go to, when somebody is elected. */
  #hub;
  /** @type {Connection | undefined} */
  #connection;
  /** @type {import('../hub/hub.js').Context | undefined} */
  #context;
  #stands = false;
  #rules = false;
  #heard = false;
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
    if (this.#hub) this.#hub.call(call);
    else this.#waiting.push(call);
    this.#stand();
  }

  /**
   * @param {string} event
   * @param {boolean} some
   */
  listening(event, some) {
    if (some) this.#listening.add(event);
    else this.#listening.delete(event);
    this.#connection?.listening(event, some);
    if (some) this.#stand();
  }

  hold() {
    this.#hub?.hold();
  }

  release() {
    this.#hub?.release();
  }

  /** From its first use on a page is a candidate, for as long as it lives. */
  #stand() {
    if (this.#stands) return;
    this.#stands = true;
    const { locks, whenHub } = this.#environment;
    if (!locks) {
      this.#rule();
      return;
    }
    // Before it is asked who holds the lock, so that no announcement falls between.
    const stop = whenHub(() => this.#follow());
    const rule = () => {
      stop();
      this.#rule();
      // Held until this page ends.
      return new Promise(() => {});
    };
    locks
      .request(LOCK, { ifAvailable: true }, (lock) => (lock ? rule() : undefined))
      .then(() => {
        this.#follow();
        return locks.request(LOCK, rule);
      })
      .catch((error) => console.error('chrome-sockets:', error));
  }

  /** This page is the hub. */
  #rule() {
    const { hub, openDoor, announce } = this.#environment;
    this.#rules = true;
    this.#connection?.close();
    hub.attach(/** @type {import('../hub/hub.js').Context} */ (this.#context));
    openDoor();
    announce();
    this.#use(hub);
  }

  /** Another page is, or is about to be: it may have the lock, and not yet an open door. It says when it has. */
  #follow() {
    if (this.#rules) return;
    if (this.#connection) {
      this.#heard = true;
      return;
    }
    this.#heard = false;
    try {
      this.#connection = new Connection(this.#environment.connect(), this);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      for (const call of this.#waiting.splice(0)) call.settle({ error: { message } });
      return;
    }
    for (const event of this.#listening) this.#connection.listening(event, true);
  }

  /** @param {import('../hub/hub.js').Hub | Connection} hub */
  #use(hub) {
    this.#hub = hub;
    for (const call of this.#waiting.splice(0)) hub.call(call);
  }

  greeted() {
    this.#heard = false;
    if (this.#connection) this.#use(this.#connection);
  }

  /** @param {import('../hub/credit.js').Delivery} delivery */
  deliver(delivery) {
    this.#context?.deliver(delivery);
  }

  ended() {
    this.#connection = undefined;
    this.#hub = undefined;
    if (this.#heard) this.#follow();
  }
}
