/** What a scenario has at hand: the API under test, peers at the other end of the network, and what to wait for. */

import { toBytes } from './bytes.js';
import { normalise } from './normalise.js';
import { EVENTS, Trace } from './trace.js';

/** @typedef {import('./trace.js').Namespace} Namespace */

export class Stage {
  #trace;
  #barrier;
  /** @type {Map<number, string>} */
  #ports = new Map();
  /** @type {Map<string, (info: any) => void>} */
  #listeners = new Map();

  /**
   * @param {any} sockets `chrome.sockets`, whosever
   * @param {import('./peers.js').Peers} peers
   * @param {import('./barrier.js').Barrier} barrier
   */
  constructor(sockets, peers, barrier) {
    /** What is called here is in no trace. */
    this.raw = sockets;
    this.#barrier = barrier;
    this.#trace = new Trace(barrier.hidden);
    this.peers = peers;
    /** @type {any} */
    this.tcp = this.#trace.wrap(sockets, 'tcp');
    /** @type {any} */
    this.tcpServer = this.#trace.wrap(sockets, 'tcpServer');
    /** @type {any} */
    this.udp = this.#trace.wrap(sockets, 'udp');
    for (const [namespace, event] of EVENTS) this.listen(namespace, event);
  }

  /** The trace so far, normalised. */
  lines() {
    return normalise(this.#trace.entries, this.#ports);
  }

  /**
   * Lets the trace listen to an event again, see {@link mute}.
   *
   * @param {Namespace} namespace
   * @param {string} event
   */
  listen(namespace, event) {
    const listener = (/** @type {any} */ info) => this.#trace.happened(namespace, event, info);
    this.#listeners.set(`${namespace}.${event}`, listener);
    this.raw[namespace][event].addListener(listener);
  }

  /**
   * From here on the trace does not listen to an event.
   *
   * @param {Namespace} namespace
   * @param {string} event
   */
  mute(namespace, event) {
    const name = `${namespace}.${event}`;
    this.raw[namespace][event].removeListener(this.#listeners.get(name));
    this.#listeners.delete(name);
  }

  /** Listens to nothing any more. */
  leave() {
    for (const [namespace, event] of EVENTS) this.mute(namespace, event);
  }

  /** Closes everything, which is in no trace any more, and waits until nothing of it can come. */
  async strike() {
    this.leave();
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp', 'udp'])) {
      const api = this.raw[namespace];
      const sockets = await new Promise((resolve) => api.getSockets(resolve));
      const ours = sockets.filter(
        (/** @type {any} */ { socketId }) => namespace !== 'tcp' || !this.#barrier.hidden.has(socketId),
      );
      await Promise.all(
        ours.map((/** @type {any} */ { socketId }) => new Promise((resolve) => api.close(socketId, resolve))),
      );
    }
    await this.peers.reset();
    await this.barrier();
  }

  /**
   * Calls a method with a callback.
   *
   * @param {Namespace} namespace
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>} the callback's first argument
   */
  call(namespace, method, ...args) {
    return new Promise((resolve) => this[namespace][method](...args, resolve));
  }

  /**
   * Calls a method with these very arguments, whatever it throws. A promise that it gives is looked after.
   *
   * @param {Namespace} namespace
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<void>} when the promise, if there was one, has settled
   */
  async attempt(namespace, method, ...args) {
    try {
      await this[namespace][method](...args);
    } catch {
      // It is in the trace.
    }
  }

  /**
   * Notes what a scenario has seen, outside of all sockets.
   *
   * @param {string} text
   * @param {unknown} [value]
   */
  note(text, value) {
    this.#trace.add({ kind: 'note', text, value });
  }

  /**
   * Gives a port a name by which it is shown.
   *
   * @param {number} port
   * @param {string} name
   */
  namePort(port, name) {
    this.#ports.set(port, name);
    return port;
  }

  /** How many ports have a name. */
  get ports() {
    return this.#ports.size;
  }

  /** From here on `getInfo` is asked inside every callback and every event. */
  askInside() {
    this.#trace.inside = (namespace, socketId) => this[namespace].getInfo(socketId, () => {});
  }

  /** Waits until nothing more can come of what has happened so far. */
  barrier() {
    return this.#barrier.pass();
  }

  /** Waits until every call has been answered. */
  settled() {
    return this.#trace.settled();
  }

  /**
   * Waits until an event has come so often.
   *
   * @param {Namespace} namespace
   * @param {string} event
   * @param {number} socketId
   * @param {number} [count]
   * @returns {Promise<any>} what the last of these told
   */
  event(namespace, event, socketId, count = 1) {
    return this.#trace.until(() => this.events(namespace, event, socketId)[count - 1]);
  }

  /**
   * @param {Namespace} namespace
   * @param {string} event
   * @param {number} socketId
   * @returns {any[]} what these events have told so far
   */
  events(namespace, event, socketId) {
    return this.#trace.entries.flatMap((entry) =>
      entry.kind === 'event' &&
      entry.namespace === namespace &&
      entry.event === event &&
      entry.info.socketId === socketId
        ? [entry.info]
        : [],
    );
  }

  /**
   * Waits until a socket has received so many bytes in all.
   *
   * @param {number} socketId
   * @param {number} length
   */
  received(socketId, length) {
    // Added up as they come: a sum over all events at every event takes long for many.
    let sum = 0;
    let at = 0;
    const { entries } = this.#trace;
    return this.#trace.until(() => {
      for (; at < entries.length; at++) {
        const entry = entries[at];
        if (entry?.kind !== 'event' || entry.event !== 'onReceive' || entry.info.socketId !== socketId) continue;
        sum += entry.info.data.length;
      }
      return sum >= length;
    });
  }

  /** @param {number} socketId the sizes of what it has received */
  sizes(socketId) {
    return this.events('tcp', 'onReceive', socketId).map(({ data }) => data.length);
  }

  /**
   * Waits until a connection has told of its end.
   *
   * @param {number} socketId
   * @param {number} [times]
   */
  ended(socketId, times = 1) {
    return this.event('tcp', 'onReceiveError', socketId, times);
  }

  /**
   * @param {number} serverId
   * @param {number} [count]
   * @returns {Promise<number>} the client that is accepted as this one
   */
  async accepted(serverId, count = 1) {
    return (await this.event('tcpServer', 'onAccept', serverId, count)).clientSocketId;
  }

  /**
   * A server of the extension.
   *
   * @param {string} [address]
   * @param {...number} backlog
   */
  async server(address = '127.0.0.1', ...backlog) {
    const { socketId } = await this.call('tcpServer', 'create', {});
    await this.call('tcpServer', 'listen', socketId, address, 0, ...backlog);
    const { localPort } = await this.#peek('tcpServer', socketId);
    return { socketId, port: this.namePort(localPort, `the port of server ${this.#ports.size + 1}`) };
  }

  /**
   * A server to which a connection stays under way: it accepts nobody, and its queue is full. It is in no trace.
   *
   * @returns {Promise<{port: number, close: () => Promise<void>}>}
   */
  async fullServer() {
    const { tcpServer } = this.raw;
    const { socketId } = await tcpServer.create({});
    await tcpServer.setPaused(socketId, true);
    await new Promise((resolve) => tcpServer.listen(socketId, '127.0.0.1', 0, 1, resolve));
    const { localPort } = await tcpServer.getInfo(socketId);
    // One more than the backlog is what Linux takes.
    for (let i = 0; i < 2; i++) await this.peers.connect(localPort);
    return { port: this.namePort(localPort, 'a full port'), close: () => tcpServer.close(socketId) };
  }

  /** A server of the extension, and its client at both ends. */
  async accept() {
    const server = await this.server();
    const peer = await this.peers.connect(server.port);
    this.namePort(peer.port, `the port of peer ${this.#ports.size + 1}`);
    return { server, peer, socketId: await this.accepted(server.socketId) };
  }

  /**
   * A connection of the extension to a server of the test's, with both its ends.
   *
   * @param {{paused?: boolean, properties?: object}} [options] whether it is paused before
   */
  async connect({ paused = false, properties = {} } = {}) {
    const server = await this.peers.listen();
    this.namePort(server.port, `the port of peer ${this.#ports.size + 1}`);
    const { socketId } = await this.call('tcp', 'create', properties);
    if (paused) await this.call('tcp', 'setPaused', socketId, true);
    const accepted = server.accept();
    await this.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    return { server, peer: await accepted, socketId };
  }

  /**
   * @param {number} socketId
   * @param {string | number | Uint8Array} what text, the length of a pattern, or bytes
   */
  send(socketId, what) {
    return this.call('tcp', 'send', socketId, toBytes(what).buffer);
  }

  /**
   * What the stage itself wants to know is in no trace.
   *
   * @param {Namespace} namespace
   * @param {number} socketId
   * @returns {Promise<any>}
   */
  #peek(namespace, socketId) {
    return new Promise((resolve) => this.raw[namespace].getInfo(socketId, resolve));
  }
}
