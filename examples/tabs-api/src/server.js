import { Connection } from './connection.js';
import { HttpError } from './http/parser.js';
import { errorResponse, serialize } from './http/response.js';
import { call, closeQuietly } from './sockets.js';

const ADDRESS = '127.0.0.1';
/** `net::ERR_FAILED`: what a listening server hears when the native host is gone. */
const HOST_GONE = -2;

/** A TCP server on a loopback port, made of `chrome.sockets`. */
export class Server {
  /** The port it listens on; 0 before that. */
  port = 0;
  /** @type {Map<number, Connection>} by socket id */
  connections = new Map();

  /** The listening socket; for a moment two of them, when it moves to another port. @type {Set<number>} */
  #listening = new Set();
  /** What it speaks TLS with, if it does. @type {import('./certificate.js').TlsPair | undefined} */
  #tls;
  #handler;
  #limits;

  /**
   * @param {import('./connection.js').Handler} handler
   * @param {import('./limits.js').Limits} limits
   */
  constructor(handler, limits) {
    this.#handler = handler;
    this.#limits = limits;
    const { tcp, tcpServer } = chrome.sockets;
    // The events are those of every socket of the extension, so each listener looks whether the socket is one of ours.
    tcpServer.onAccept.addListener((info) => {
      if (this.#listening.has(info.socketId)) this.#accept(info.clientSocketId);
    });
    tcpServer.onAcceptError.addListener((info) => {
      if (this.#listening.has(info.socketId)) this.#acceptFailed(info.socketId, info.resultCode);
    });
    tcp.onReceive.addListener((info) => {
      this.connections.get(info.socketId)?.receive(info.data);
    });
    tcp.onReceiveError.addListener((info) => {
      this.connections.get(info.socketId)?.close();
    });
  }

  /**
   * Starts to listen, or moves to another port.
   *
   * @param {number} port 0 for any free one
   * @param {import('./certificate.js').TlsPair} [tls] to speak HTTPS
   */
  async listen(port, tls) {
    const previous = [...this.#listening];
    const clients = [...this.connections.values()];
    const { socketId } = await call('tcpServer', 'create', { name: 'tabs-api', ...(tls && { tls }) });
    // Before it listens: a client may be accepted before we hear that it does.
    this.#listening.add(socketId);
    try {
      await call('tcpServer', 'listen', socketId, ADDRESS, port);
      this.port = (await call('tcpServer', 'getInfo', socketId)).localPort;
    } catch (error) {
      await this.#stop(socketId);
      throw error;
    }
    this.#tls = tls;
    await Promise.all(previous.map((id) => this.#stop(id)));
    // Their requests name the old port, which is not ours any more.
    if (previous.length > 0) for (const connection of clients) connection.close();
  }

  /** @returns {'http://' | 'https://'} */
  get scheme() {
    return this.#tls ? 'https://' : 'http://';
  }

  /** Where it is, as the beginning of its addresses. */
  get origin() {
    return `${this.scheme}127.0.0.1:${this.port}`;
  }

  /** @param {number} socketId */
  async #stop(socketId) {
    this.#listening.delete(socketId);
    await closeQuietly('tcpServer', socketId);
  }

  /** @param {number} socketId */
  #accept(socketId) {
    if (this.connections.size >= this.#limits.connections) {
      this.#turnAway(socketId);
      return;
    }
    const connection = new Connection(socketId, this.#handler, this.#limits, () => this.connections.delete(socketId));
    this.connections.set(socketId, connection);
    call('tcp', 'getInfo', socketId).then(
      ({ peerAddress, peerPort }) => {
        connection.peer = `${peerAddress}:${peerPort}`;
      },
      () => connection.close(),
    );
    // A new connection is paused, so nothing can have been missed. It may be gone again already.
    call('tcp', 'setPaused', socketId, false).catch(() => connection.close());
  }

  /** @param {number} socketId */
  async #turnAway(socketId) {
    const error = new HttpError(503, 'Too many connections.', { 'Retry-After': '1' });
    const bytes = serialize(errorResponse(error), { head: false, keepAlive: false });
    await call('tcp', 'send', socketId, bytes).catch(() => {});
    await closeQuietly('tcp', socketId);
  }

  /**
   * @param {number} socketId
   * @param {number} code
   */
  async #acceptFailed(socketId, code) {
    if (code === HOST_GONE) {
      for (const connection of [...this.connections.values()]) connection.close();
      this.#listening.delete(socketId);
      await this.#retry(async () => {
        // Somebody may have moved it in the meantime.
        if (this.#listening.size === 0) await this.listen(this.port, this.#tls);
      });
    } else {
      // Most likely the system is out of file descriptors. The server is paused now, and can go on when some are free.
      await this.#retry(async () => {
        if (this.#listening.has(socketId)) await call('tcpServer', 'setPaused', socketId, false);
      });
    }
  }

  /**
   * Tries until it succeeds, less and less often, but once a minute at the least.
   *
   * @param {() => Promise<void>} action
   */
  async #retry(action) {
    for (let wait = 100; ; wait = Math.min(2 * wait, 60_000)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        await action();
        return;
      } catch (error) {
        console.warn(`The server stands still: ${error}`);
      }
    }
  }
}
