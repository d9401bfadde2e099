/**
 * The one place of an extension that talks to the host. Sockets belong to the extension, not to a page: every context's
 * calls go through here, and every context gets every event that it listens for.
 */

import { version } from '../version.js';
import { CHUNK } from './payload.js';
import { Session } from './session.js';

/** Bytes of sends that have not completed, of all sockets together, as in Chromium. */
const WRITE_QUOTA = 200 * 1024 * 1024;
export const EXCEEDED = 'Exceeded write quota.';

/** What the user grants each checked call with. @type {Record<string, string>} */
const GRANTS = {
  'sockets.tcpServer.listen': '--allow-listen <host:port>',
  'sockets.tcp.connect': '--allow-connect <host:port>',
  'sockets.udp.bind': '--allow-udp-bind <host:port>',
  'sockets.udp.send': '--allow-udp-send <host:port>',
  'sockets.udp.joinGroup': '--allow-multicast',
};
/** What is said when the user or the manifest does not allow it: tcp and udp have each a text of its own. */
const DENIALS = new Set(['Does not have permission', 'App does not have permission']);

/**
 * @typedef {object} Context A part of the extension that calls and listens.
 * @property {(delivery: import('./credit.js').Delivery) => void} deliver Takes an event. The context releases it exactly
 *   once: when the event's dispatch has returned, at once when nothing listens, or when the context goes away.
 *   It must not change the set of contexts meanwhile, but for leaving it.
 * @property {(id: number, farewell: import('./sockets.js').Farewell | undefined) => void} [farewellChanged] What a socket
 *   would say if all were suddenly gone. A context elsewhere must know it, because the hub may be what is gone.
 * @property {() => void} [hostGone] All sockets that there were are gone with their host.
 *
 * @typedef {object} Environment
 * @property {() => import('./frame.js').Transport} connect Starts a host. Throws with a text for people.
 * @property {() => {sockets?: unknown}} manifest The extension's manifest.
 * @property {() => void} [opened] A host is being started: from now on there can be events.
 */

export class Hub {
  /** @type {Set<Context>} */
  contexts = new Set();
  /** @type {Session | undefined} */
  #session;
  #nextSocketId = 1;
  #unsent = 0;
  #noted = new Set();
  #environment;

  /** @param {Environment} environment */
  constructor(environment) {
    this.#environment = environment;
  }

  /**
   * Starts a call. It is settled exactly once, never before this returns.
   *
   * @param {import('./outbox.js').Call} call
   */
  call(call) {
    const refuse = (/** @type {string} */ message) => setTimeout(() => call.settle({ error: { message } }));
    const size = call.params.data?.length ?? 0;
    if (!call.charged && !this.charge(size)) {
      refuse(EXCEEDED);
      return;
    }
    if (size > 0) this.#dischargeBy(call, size);
    let session;
    try {
      session = this.#session ?? this.#open();
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#watchForDenial(call);
    if (call.method === 'sockets.udp.send' && size > CHUNK) {
      // No datagram is that long. One chunk of it is enough for the host to say so, in its turn.
      const { data } = call.params;
      const head = {
        length: CHUNK,
        base64: (/** @type {number} */ from, /** @type {number} */ to) => data.base64(from, to),
      };
      call.params = { ...call.params, data: head };
    }
    session.call(call);
  }

  /**
   * Takes the quota of a send, whole, before anything else is done about it.
   *
   * @param {number} size
   * @returns {boolean} Whether there was as much left.
   */
  charge(size) {
    if (this.#unsent + size > WRITE_QUOTA) return false;
    this.#unsent += size;
    return true;
  }

  /** @param {number} size Quota of a send that will not become a call. */
  discharge(size) {
    this.#unsent -= size;
  }

  /**
   * @param {import('./outbox.js').Call} call
   * @param {number} size
   */
  #dischargeBy(call, size) {
    const { settle } = call;
    call.settle = (reply) => {
      this.#unsent -= size;
      settle.call(call, reply);
    };
  }

  /**
   * Chrome's text for `lastError` does not say what to do, so the console does.
   *
   * @param {import('./outbox.js').Call} call
   */
  #watchForDenial(call) {
    const option = GRANTS[call.method];
    if (!option) return;
    const { settle } = call;
    call.settle = (reply) => {
      if (reply.error && DENIALS.has(reply.error.message)) {
        const id = globalThis.chrome.runtime.id;
        this.#note(
          console.warn,
          `chrome-sockets: ${call.method} was refused. The manifest key "sockets", if there is one, and the user have to allow it: chrome-sockets-host install --extension-id ${id} ${option}`,
        );
      }
      settle.call(call, reply);
    };
  }

  #open() {
    const transport = this.#environment.connect();
    const { sockets } = this.#environment.manifest();
    if (sockets === undefined) {
      this.#note(
        console.info,
        'chrome-sockets: the manifest has no key "sockets"; only what the user granted the host limits this extension.',
      );
    }
    const hello = { shim: version, nextSocketId: this.#nextSocketId, ...(sockets === undefined ? {} : { sockets }) };
    this.#session = new Session(transport, hello, this);
    this.#environment.opened?.();
    return this.#session;
  }

  /** @param {{manifestError?: string}} greeting */
  greeted({ manifestError }) {
    if (manifestError) this.#note(console.error, `chrome-sockets: manifest key "sockets": ${manifestError}`);
  }

  /**
   * The store updates the extension, and nobody the host.
   *
   * @param {string} method
   */
  unknown(method) {
    this.#note(console.warn, this.tooOld(`the host does not know ${method}`));
  }

  /** @param {string} cannot */
  tooOld(cannot) {
    return `chrome-sockets: ${cannot}, because it is older than this extension. Get a newer chrome-sockets-host, and with it run: chrome-sockets-host install --extension-id ${globalThis.chrome.runtime.id}`;
  }

  /** @param {Session} session */
  ended(session) {
    if (this.#session !== session) return;
    this.#session = undefined;
    // An id is never used twice while this context lives, whatever becomes of the host.
    this.#nextSocketId = session.sockets.nextId;
    for (const context of this.contexts) context.hostGone?.();
  }

  /** What the sockets would say if all were suddenly gone. */
  get farewells() {
    return this.#session?.sockets.farewell() ?? [];
  }

  /** @param {Context} context */
  attach(context) {
    this.contexts.add(context);
  }

  /** A context in the same place gets every event anyway, and drops what nobody listens for. */
  listening() {}

  /** While a context dispatches a batch of events, the calls that it makes are collected into frames. */
  hold() {
    this.#session?.outbox.hold();
  }

  /** Sends what has been collected. */
  release() {
    this.#session?.outbox.release();
  }

  /**
   * Says a thing once.
   *
   * @param {(text: string) => void} print
   * @param {string} text
   */
  #note(print, text) {
    if (this.#noted.has(text)) return;
    this.#noted.add(text);
    print(text);
  }
}
