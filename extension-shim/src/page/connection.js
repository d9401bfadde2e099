/** One life of a page's Port to the hub: from the first call or listener to its end, however that comes. */

import { Delivery } from '../hub/credit.js';
import { FrameWriter } from '../hub/frame.js';
import { CHUNK } from '../hub/payload.js';

/** @typedef {import('../hub/outbox.js').Call} Call */
/** @typedef {import('../api/namespaces.js').Reply} Reply */

// A worker may have to be started first, on a computer that is busy. Only an extension that opens Ports for itself and
// forgets the shim ever waits so long: where nobody listens at all, the browser says so at once.
const HELLO_MS = 20_000;

const NO_HUB =
  'The background of this extension does not answer: import chrome-sockets at the top level of the background script, too.';

/**
 * @typedef {object} Owner What a connection asks of the page's link.
 * @property {string} lost What pending calls are told when a hub has gone.
 * @property {(delivery: Delivery) => void} deliver
 * @property {() => void} greeted There is a hub.
 * @property {(connection: Connection, why: string | undefined) => void} ended No call may come any more. `why` is there
 *   when no hub has been found.
 */

export class Connection {
  /** @type {Map<number, Call>} */
  #pending = new Map();
  #nextCallId = 1;
  #greeted = false;
  #over = false;
  #held = false;
  #scheduled = false;
  /** How many events have been consumed, and what the hub knows of that. */
  #consumed = 0;
  #told = 0;
  /** What the sockets say in case that the hub is suddenly gone. @type {Map<number, import('../hub/sockets.js').Farewell>} */
  #farewells = new Map();
  #owner;
  #writer;
  #disconnect;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #guard;

  /**
   * @param {chrome.runtime.Port} port
   * @param {Owner} owner
   */
  constructor(port, owner) {
    this.#owner = owner;
    const transport = {
      post: (/** @type {unknown} */ message) => port.postMessage(message),
      onmessage() {},
      onclose() {},
      close() {},
    };
    this.#writer = new FrameWriter(transport, ({ id }, reason) =>
      setTimeout(() => this.#settle(id, { error: { message: `The background cannot be told: ${reason}` } })),
    );
    port.onMessage.addListener((frame) => this.#read(frame));
    port.onDisconnect.addListener(() => {
      // Unread, it would be reported on the console.
      const reason = globalThis.chrome.runtime.lastError?.message;
      this.#gone(this.#greeted ? `${owner.lost}${reason ? `: ${reason}` : '.'}` : NO_HUB);
    });
    this.#disconnect = () => port.disconnect();
    this.#waitForHello();
  }

  /** Anybody in this extension may keep a Port open without knowing what it is for. */
  #waitForHello() {
    const start = performance.now();
    this.#guard = setTimeout(() => {
      // A page that was busy, with a long send perhaps, may have the hello waiting behind this.
      if (performance.now() - start > 1.2 * HELLO_MS) this.#waitForHello();
      else {
        this.#disconnect();
        this.#gone(NO_HUB);
      }
    }, HELLO_MS);
  }

  /** @param {Call} call */
  call(call) {
    const id = this.#nextCallId;
    this.#nextCallId += 1;
    this.#pending.set(id, call);
    const { method, params } = call;
    const { data } = params;
    if (!data) {
      this.#post({ id, method, params });
      return;
    }
    for (let at = 0; at === 0 || at < data.length; at += CHUNK) {
      const end = Math.min(at + CHUNK, data.length);
      const piece = data.base64(at, end);
      if (at === 0) this.#post({ id, method, params: { ...params, data: piece }, length: data.length }, end);
      else this.#post({ id, data: piece }, end - at);
    }
  }

  /**
   * @param {string} event
   * @param {boolean} some
   */
  listening(event, some) {
    this.#post(some ? { listen: event } : { unlisten: event });
  }

  /** The hub is gone, as is known from elsewhere. */
  close() {
    this.#disconnect();
    this.#gone(`${this.#owner.lost}.`);
  }

  hold() {
    this.#held = true;
  }

  release() {
    this.#held = false;
    this.#flush();
  }

  /**
   * @param {object} message
   * @param {number} payload
   */
  #post(message, payload = 0) {
    this.#writer.add(message, payload);
    if (this.#scheduled || this.#held) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush() {
    if (this.#over) return;
    if (this.#consumed > this.#told) {
      this.#told = this.#consumed;
      this.#writer.add({ consumed: this.#told }, 0);
    }
    this.#writer.end();
  }

  /** @param {any} frame Messages of the hub: one, or an array of them. */
  #read(frame) {
    if (this.#over) return;
    for (const message of Array.isArray(frame) ? frame : [frame]) {
      if (message.event !== undefined) this.#event(message);
      else if (message.id !== undefined) this.#settle(message.id, message);
      else if (message.keep) this.#farewells.set(message.keep.params.socketId, message.keep);
      else if (message.forget) this.#farewells.delete(message.forget);
      else if (message.gone) this.#farewells.clear();
      else if (message.hello) {
        this.#greeted = true;
        clearTimeout(this.#guard);
        this.#owner.greeted();
      }
    }
  }

  /** @param {{event: string, params: any, slice?: number}} message */
  #event(message) {
    this.#owner.deliver(
      new Delivery(message, 1, 0, undefined, () => {
        this.#consumed += 1;
      }),
    );
  }

  /**
   * @param {number} id
   * @param {Reply} reply
   */
  #settle(id, reply) {
    const call = this.#pending.get(id);
    if (!call) return;
    this.#pending.delete(id);
    call.settle(reply);
  }

  /** @param {string} reason */
  #gone(reason) {
    if (this.#over) return;
    clearTimeout(this.#guard);
    this.#over = true;
    this.#owner.ended(this, this.#greeted ? undefined : reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of pending) call.settle({ error: { message: reason } });
    for (const message of this.#farewells.values()) {
      this.#owner.deliver(new Delivery(message, 1, 0, undefined, () => {}));
    }
  }
}
