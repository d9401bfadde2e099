/** What `extension/peers.js` asks for, done with Node's sockets. */

import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { describe, toBytes } from './extension/bytes.js';

/** One end of a connection, which keeps what it has received until somebody asks. */
class Peer {
  #socket;
  #received = Buffer.alloc(0);
  /** @type {Buffer[]} */
  #fresh = [];
  #length = 0;
  /** @type {string | undefined} how the other side has ended */
  #end;
  /** @type {Set<() => void>} */
  #watchers = new Set();

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.port = socket.localPort;
    this.#socket = socket;
    this.#follow(socket);
  }

  /** @param {net.Socket} socket */
  #follow(socket) {
    socket.on('data', (piece) => {
      this.#fresh.push(piece);
      this.#length += piece.length;
      this.#changed();
    });
    socket.on('end', () => this.#ended('FIN'));
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      this.#ended(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'RST' : String(error.code)),
    );
    socket.on('close', () => this.#ended('closed here'));
  }

  /** @param {string} how */
  #ended(how) {
    this.#end ??= how;
    this.#changed();
  }

  #changed() {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** @param {() => boolean} condition */
  #until(condition) {
    return new Promise((/** @type {(_: void) => void} */ resolve) => {
      const watch = () => {
        if (!condition()) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  /** @param {number} length */
  #take(length) {
    this.#received = Buffer.concat([this.#received, ...this.#fresh]);
    this.#fresh = [];
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    this.#length = this.#received.length;
    return describe(taken);
  }

  /** @param {string | number} what */
  write(what) {
    return new Promise((resolve) => this.#socket.write(toBytes(what), (error) => resolve(error ? 'failed' : 'ok')));
  }

  end() {
    return new Promise((/** @type {(_: void) => void} */ resolve) => this.#socket.end(resolve));
  }

  reset() {
    this.#socket.resetAndDestroy();
  }

  /** @param {import('node:tls').SecureContextOptions} pair */
  upgrade(pair) {
    this.#socket.removeAllListeners('data');
    const secure = new tls.TLSSocket(this.#socket, { isServer: true, ...pair });
    this.#socket = secure;
    this.#follow(secure);
  }

  name() {
    return String(/** @type {any} */ (this.#socket).servername);
  }

  stop() {
    this.#socket.pause();
  }

  go() {
    this.#socket.resume();
  }

  /** @param {number} length */
  async receive(length) {
    await this.#until(() => this.#length >= length || this.#end !== undefined);
    return this.#take(length);
  }

  async rest() {
    await this.#until(() => this.#end !== undefined);
    return { data: this.#take(this.#length), end: this.#end };
  }

  destroy() {
    this.#socket.destroy();
  }
}

/** How long a client of a crowd waits for an answer before it tries again. */
const PATIENCE_MS = 500;

/** @param {net.Socket} socket */
const connected = async (socket) => {
  await once(socket, 'connect');
  return socket;
};

export class Peers {
  /** @type {Map<number, Peer>} */
  #peers = new Map();
  /** @type {Map<number, {server: net.Server, waiting: net.Socket[]}>} */
  #servers = new Map();
  #sockets = new Set();
  /** Peers that a reset spares. @type {Set<number>} */
  #kept = new Set();
  #next = 1;
  #authority;

  /** @param {import('./authority.js').Authority} authority */
  constructor(authority) {
    this.#authority = authority;
  }

  /**
   * @param {net.Socket} socket
   * @param {boolean} [kept]
   */
  #add(socket, kept = false) {
    const id = this.#next;
    this.#next += 1;
    const peer = new Peer(socket);
    this.#peers.set(id, peer);
    if (kept) this.#kept.add(id);
    return { id, port: peer.port };
  }

  /** @param {number} id */
  #peer(id) {
    const peer = this.#peers.get(id);
    if (!peer) throw new Error('There is no such peer.');
    return peer;
  }

  /**
   * @param {number} port
   * @param {string} host
   */
  async connect(port, host) {
    const socket = net.connect({ port, host, allowHalfOpen: true, noDelay: true });
    try {
      await once(socket, 'connect');
    } catch (error) {
      return { id: 0, port: 0, error: /** @type {NodeJS.ErrnoException} */ (error).code };
    }
    return this.#add(socket);
  }

  /**
   * @param {number} port
   * @param {number} count
   */
  async connectMany(port, count) {
    const sockets = Array.from({ length: count }, () => net.connect({ port, host: '127.0.0.1' }));
    for (const socket of sockets) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    }
    const outcomes = await Promise.allSettled(sockets.map(connected));
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  }

  /**
   * Clients that connect again when they have not got an answer soon, as the system does, but it would take longer each time.
   *
   * @param {number} port
   * @param {number} count
   * @returns {Promise<number[]>} their own ports
   */
  crowd(port, count) {
    return Promise.all(Array.from({ length: count }, () => this.#insist(port)));
  }

  /**
   * @param {number} port
   * @returns {Promise<number>}
   */
  async #insist(port) {
    for (;;) {
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
      this.#sockets.add(socket);
      // The other side sends a byte as soon as it has accepted.
      const greeted = once(socket, 'data').catch(() => []);
      const patience = setTimeout(() => socket.destroy(new Error('no answer')), PATIENCE_MS);
      const [greeting] = await greeted;
      clearTimeout(patience);
      if (greeting) return /** @type {number} */ (socket.localPort);
      this.#sockets.delete(socket);
    }
  }

  /** @param {number} port */
  async vanish(port) {
    const socket = net.connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resetAndDestroy();
    await closed;
  }

  /** @param {string} host */
  listen(host) {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    return this.#listen(server, 'connection', host);
  }

  /**
   * A server that speaks TLS, which accepts when the handshake is done.
   *
   * @param {string} name of its certificate
   * @param {tls.TlsOptions} options
   */
  async listenTls(name, options) {
    const server = tls.createServer({ ...(await this.#authority.pair(name)), ...options, pauseOnConnect: true });
    // A handshake that fails leaves its socket here.
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
    });
    return this.#listen(server, 'secureConnection', '::');
  }

  /**
   * @param {net.Server} server
   * @param {string} event
   * @param {string} host
   */
  async #listen(server, event, host) {
    const id = this.#next;
    this.#next += 1;
    /** @type {net.Socket[]} */
    const waiting = [];
    server.on(event, (socket) => {
      waiting.push(socket);
      server.emit('waiting');
    });
    this.#servers.set(id, { server, waiting });
    server.listen(0, host);
    await once(server, 'listening');
    return { id, port: /** @type {net.AddressInfo} */ (server.address()).port };
  }

  /**
   * @param {number} id
   * @param {boolean} [kept]
   */
  async accept(id, kept) {
    const entry = this.#servers.get(id);
    if (!entry) throw new Error('There is no such server.');
    while (entry.waiting.length === 0) await once(entry.server, 'waiting');
    const socket = /** @type {net.Socket} */ (entry.waiting.shift());
    const peer = this.#add(socket, kept);
    socket.resume();
    return peer;
  }

  /** @param {number} id */
  async unlisten(id) {
    const { server } = this.#servers.get(id) ?? {};
    // Its connections go on; only the port is given up, which happens at once.
    server?.close();
  }

  async freePort() {
    const { id, port } = await this.listen('127.0.0.1');
    await this.unlisten(id);
    return port;
  }

  /**
   * @param {number} id
   * @param {string | number} what
   */
  write = (id, what) => this.#peer(id).write(what);
  /** @param {number} id */
  end = (id) => this.#peer(id).end();
  /** @param {number} id */
  resetPeer = (id) => this.#peer(id).reset();
  /** @param {number} id */
  stop = (id) => this.#peer(id).stop();
  /** @param {number} id */
  go = (id) => this.#peer(id).go();
  /**
   * @param {number} id
   * @param {number} length
   */
  receive = (id, length) => this.#peer(id).receive(length);
  /** @param {number} id */
  upgrade = async (id) => this.#peer(id).upgrade(await this.#authority.pair('localhost'));
  /** @param {number} id */
  nameOf = (id) => this.#peer(id).name();
  /** @param {number} id */
  rest = (id) => this.#peer(id).rest();

  reset() {
    for (const [id, peer] of this.#peers) {
      if (this.#kept.has(id)) continue;
      peer.destroy();
      this.#peers.delete(id);
    }
    for (const socket of this.#sockets) socket.destroy();
    for (const { server, waiting } of this.#servers.values()) {
      server.close();
      for (const socket of waiting) socket.destroy();
    }
    this.#sockets.clear();
    this.#servers.clear();
  }
}
