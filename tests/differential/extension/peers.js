/** The other ends of the connections. They live in the test's process and do there what they are told from here. */

export class Peers {
  #ask;

  /** @param {(what: string, ...args: unknown[]) => Promise<any>} ask */
  constructor(ask) {
    this.#ask = ask;
  }

  /**
   * @param {number} port
   * @param {string} [host]
   */
  async connect(port, host = '127.0.0.1') {
    return new Peer(this.#ask, await this.#ask('connect', port, host));
  }

  /**
   * Many clients at once, as fast as they can.
   *
   * @param {number} port
   * @param {number} count
   * @returns {Promise<number>} how many were connected in the end
   */
  connectMany(port, count) {
    return this.#ask('connectMany', port, count);
  }

  /**
   * Many clients at once, each of which tries again until the extension has sent it a byte.
   *
   * @param {number} port
   * @param {number} count
   * @returns {Promise<number[]>} their own ports
   */
  crowd(port, count) {
    return this.#ask('crowd', port, count);
  }

  /**
   * A client that has sent a reset before anybody can accept it.
   *
   * @param {number} port
   * @returns {Promise<void>}
   */
  vanish(port) {
    return this.#ask('vanish', port);
  }

  /** @param {string} [host] */
  async listen(host = '127.0.0.1') {
    return new PeerServer(this.#ask, await this.#ask('listen', host));
  }

  /**
   * A server of both families that speaks TLS, and accepts when a handshake is done.
   *
   * @param {string} [certificate] which one, see authority.js
   * @param {object} [options] of Node's `tls.createServer`
   */
  async listenTls(certificate = 'localhost', options = {}) {
    return new PeerServer(this.#ask, await this.#ask('listenTls', certificate, options));
  }

  /** @returns {Promise<number>} a port where nobody listens */
  freePort() {
    return this.#ask('freePort');
  }

  /** @param {string} [address] where it is bound */
  async udp(address = '127.0.0.1') {
    return new DatagramPeer(this.#ask, await this.#ask('openUdp', address));
  }

  /** Ends all that is left. */
  reset() {
    return this.#ask('reset');
  }
}

/** A socket of the test's that is bound to a port. */
class FarSocket {
  /**
   * @param {(what: string, ...args: unknown[]) => Promise<any>} ask
   * @param {{id: number, port: number}} socket
   */
  constructor(ask, { id, port }) {
    this.ask = ask;
    this.id = id;
    this.port = port;
  }
}

class PeerServer extends FarSocket {
  /**
   * @param {{kept?: boolean}} [options] whether it outlives a {@link Peers#reset}
   * @returns {Promise<Peer>} the next connection
   */
  async accept({ kept = false } = {}) {
    return new Peer(this.ask, await this.ask('accept', this.id, kept));
  }

  /** @returns {Promise<void>} when nobody listens any more */
  close() {
    return this.ask('unlisten', this.id);
  }
}

export class Peer {
  #ask;
  #id;

  /**
   * @param {(what: string, ...args: unknown[]) => Promise<any>} ask
   * @param {{id: number, port: number, error?: string}} peer
   */
  constructor(ask, { id, port, error }) {
    this.#ask = ask;
    this.#id = id;
    /** Its own port. */
    this.port = port;
    /** Why there is no connection. */
    this.error = error;
  }

  /**
   * @param {string | number} what text, or the length of a pattern
   * @returns {Promise<string>} when the system has taken it all: `ok`, or why not
   */
  write(what) {
    return this.#ask('write', this.#id, what);
  }

  /** Shuts down its sending side. */
  end() {
    return this.#ask('end', this.#id);
  }

  /** Ends the connection with a reset. */
  reset() {
    return this.#ask('resetPeer', this.#id);
  }

  /** Reads nothing from here on. */
  stop() {
    return this.#ask('stop', this.#id);
  }

  /** Reads again. */
  go() {
    return this.#ask('go', this.#id);
  }

  /**
   * @param {number} length
   * @returns {Promise<string>} the next bytes, when they are there, in words
   */
  receive(length) {
    return this.#ask('receive', this.#id, length);
  }

  /** From here on it speaks TLS, as a server. @returns {Promise<void>} when it expects the handshake */
  upgrade() {
    return this.#ask('upgrade', this.#id);
  }

  /** @returns {Promise<string>} the name that it was asked for in the handshake */
  name() {
    return this.#ask('nameOf', this.#id);
  }

  /** @returns {Promise<{data: string, end: string}>} all that comes until the other side ends, and how it ends: FIN or RST */
  rest() {
    return this.#ask('rest', this.#id);
  }
}

/** A udp socket of the test's. */
class DatagramPeer extends FarSocket {
  /**
   * @param {string | number} what text, or the length of a pattern
   * @param {number} port
   * @param {string} [address]
   * @returns {Promise<string>} `ok`, or why the system has not taken it
   */
  send(what, port, address = '127.0.0.1') {
    return this.ask('sendUdp', this.id, what, port, address);
  }

  /** @returns {Promise<string>} the next datagram in words, when it is there */
  receive() {
    return this.ask('receiveUdp', this.id);
  }

  /** @returns {Promise<number>} the port that the next datagram comes from; it is taken too */
  sender() {
    return this.ask('senderOfUdp', this.id);
  }
}
