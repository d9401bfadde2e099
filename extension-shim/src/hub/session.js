/** One life of the host: from opening the port to its end, however that comes. */

import { decodedLength } from './base64.js';
import { Credit, costOf, Delivery } from './credit.js';
import { notConnected, Outbox } from './outbox.js';
import { Sockets } from './sockets.js';

/** @typedef {import('./outbox.js').Call} Call */
/** @typedef {import('../api/namespaces.js').Reply} Reply */

const IDLE_MS = 30_000;
// The host answers `host.bye` at once; one that does not must not keep the worker alive.
const BYE_MS = 2_000;

/**
 * @typedef {object} Hello
 * @property {string} shim Version of the shim.
 * @property {number} nextSocketId
 * @property {unknown} [sockets] The manifest key `sockets`.
 *
 * @typedef {object} Owner What a session asks of the hub.
 * @property {ReadonlySet<import('./hub.js').Context>} contexts
 * @property {(result: any) => void} greeted The host has answered the hello.
 * @property {(cannot: string) => string} tooOld What a host cannot, and what a person can do about it.
 * @property {(method: string) => void} unknown The host does not have this method.
 * @property {(session: Session) => void} ended No call may come any more.
 */

export class Session {
  #pending = /** @type {Map<number, Call>} */ (new Map());
  #nextCallId = 1;
  #credit = new Credit();
  /** @type {string | undefined} Why every call of this session fails. */
  #refusal;
  /** @type {readonly string[] | undefined} What the host says it can, which is not known at first. */
  #features;
  /** @type {Call[]} Calls that only a host with some ability may get, until that is known. */
  #held = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #idle;
  #over = false;
  #outbox;
  #transport;
  #owner;

  /**
   * @param {import('./frame.js').Transport} transport
   * @param {Hello} hello
   * @param {Owner} owner
   */
  constructor(transport, hello, owner) {
    this.#transport = transport;
    this.#owner = owner;
    this.sockets = new Sockets(hello.nextSocketId, (id, farewell) => {
      for (const context of owner.contexts) context.farewellChanged?.(id, farewell);
    });
    this.#outbox = new Outbox(transport, {
      takeAck: () => (this.#credit.due ? this.#credit.take() : undefined),
      refuse: (id, reply) => this.#refuse(id, reply),
    });
    transport.onmessage = (frame) => this.#read(frame);
    transport.onclose = (reason) => this.#gone(reason);
    const params = { protocol: [1, 1], features: [], ...hello };
    this.call({ method: 'host.hello', params, settle: (reply) => this.#greeted(reply) });
  }

  /** While a context dispatches a batch of events, see {@link Outbox#hold}. */
  get outbox() {
    return this.#outbox;
  }

  /** @param {Call} call */
  call(call) {
    clearTimeout(this.#idle);
    call.id = this.#nextCallId;
    this.#nextCallId += 1;
    this.#pending.set(call.id, call);
    if (this.#refusal) this.#refuse(call.id, { error: { message: this.#refusal } });
    else this.#send(call);
  }

  /**
   * A host that does not know `tls` passes over it, and would serve in the clear. So it never gets such a call.
   *
   * @param {Call} call
   */
  #send(call) {
    if (!call.params.properties?.tls || this.#features?.includes('tls')) this.#outbox.add(call);
    else if (!this.#features) this.#held.push(call);
    else {
      const message = this.#owner.tooOld('the host cannot serve TLS');
      this.#refuse(/** @type {number} */ (call.id), { error: { message } });
    }
  }

  /** @param {unknown} frame */
  #read(frame) {
    for (const message of Array.isArray(frame) ? frame : [frame]) {
      try {
        if (message.event !== undefined) this.#event(message);
        else if (message.part) this.#part(message);
        else this.#settle(message.id, message);
      } catch (error) {
        // Not the message itself, which may hold people's data or a key.
        console.error('chrome-sockets: a message of the host makes no sense:', message?.event ?? message?.id, error);
      }
    }
  }

  /** @param {{id: number, part: unknown[]}} message */
  #part({ id, part }) {
    const call = this.#pending.get(id);
    if (call) call.parts = [...(call.parts ?? []), ...part];
  }

  /**
   * @param {number} id
   * @param {Reply} reply
   */
  #settle(id, reply) {
    const call = this.#pending.get(id);
    if (!call) return;
    this.#pending.delete(id);
    if (call.parts && Array.isArray(reply.result)) reply.result = [...call.parts, ...reply.result];
    if (call.params.data) this.#outbox.settled(call);
    if (reply.error?.message.startsWith('Unknown method')) this.#owner.unknown(call.method);
    for (const unsent of call.unsent ?? []) this.#settle(/** @type {number} */ (unsent.id), notConnected());
    call.settle(reply);
    this.sockets.replied(call.method, call.params, reply);
    if (!this.#over && this.#pending.size === 0 && this.sockets.size === 0) {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.#bye(), IDLE_MS);
    }
  }

  /**
   * Settles a call that the host will not answer. It waits for another task, as an answer would: a caller that tries again
   * at once must not keep the answers of the host from being read.
   *
   * @param {number} id
   * @param {Reply} reply
   */
  #refuse(id, reply) {
    setTimeout(() => this.#settle(id, reply));
  }

  /** @param {{event: string, params: any, slice?: number}} message */
  #event(message) {
    const { event, params } = message;
    if (event === 'host.ack') this.#outbox.acked(params.bytes);
    else if (event === 'host.error') this.#reported(params);
    else this.#deliver(message, event.endsWith('.onReceive') ? costOf(decodedLength(params.data)) : 0);
  }

  /** @param {{message: string, fatal?: boolean}} report */
  #reported({ message, fatal }) {
    // Of what fails because of it: there may be nothing that does.
    if (fatal) this.#transport.lastWords = message;
    console.error(`chrome-sockets: the host reports: ${message}`);
  }

  /**
   * @param {{event: string, params: any, slice?: number}} message
   * @param {number} cost
   */
  #deliver(message, cost) {
    const socket = this.sockets.happened(message.event, message.params);
    const { contexts } = this.#owner;
    const delivery = new Delivery(message, contexts.size, cost, socket, this.#consumed);
    if (contexts.size === 0) this.#consumed(delivery);
    for (const context of contexts) context.deliver(delivery);
  }

  /** @param {Delivery} delivery */
  #consumed = ({ message, cost, socket }) => {
    if (cost > 0) this.#credit.received(cost, socket);
    else if (message.event === 'sockets.tcpServer.onAccept') this.#credit.accepted();
    if (this.#credit.due) this.#outbox.flush();
  };

  /** @param {Reply} reply */
  #greeted({ result, error }) {
    if (!error) {
      const greeting = /** @type {any} */ (result);
      if (greeting.sendWindow) this.#outbox.window = greeting.sendWindow;
      this.#owner.greeted(greeting);
      this.#features = greeting.features ?? [];
      for (const call of this.#held.splice(0)) this.#send(call);
      return;
    }
    this.#refusal = error.message;
    for (const id of [...this.#pending.keys()]) this.#settle(id, { error: { message: error.message } });
  }

  #bye() {
    this.#end();
    const close = () => {
      clearTimeout(timer);
      this.#transport.close();
    };
    const timer = setTimeout(close, BYE_MS);
    // Messages posted just before the port is disconnected are lost, so the reply has to come first.
    this.call({ method: 'host.bye', params: {}, settle: close });
    // The hub has let go of this session, so nobody else would end a hold.
    this.#outbox.release();
  }

  /** No call comes any more; the next one gets a new session. */
  #end() {
    clearTimeout(this.#idle);
    this.#over = true;
    this.#owner.ended(this);
  }

  /** @param {string} reason */
  #gone(reason) {
    this.#end();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of pending) call.settle({ error: { message: reason } });
    for (const message of this.sockets.farewell()) this.#deliver(message, 0);
  }
}
