/**
 * What the hub must know of the host's sockets: enough to tell the app the truth when the host is suddenly gone, to know
 * when nothing is left to keep the host for, and to count credit. The host alone knows the rest.
 */

/**
 * @typedef {object} Socket
 * @property {number} id
 * @property {'tcpServer' | 'tcp' | 'udp'} kind
 * @property {boolean} open Listening, connected or bound.
 * @property {boolean} paused
 * @property {number} consumed Cost of all its consumed `onReceive` messages.
 * @property {number} acked How much of that the host has been told.
 * @property {boolean} closed
 * @property {boolean} [due] Whether it would say farewell now.
 *
 * @typedef {{event: string, params: {socketId: number, resultCode: number}}} Farewell
 */

/** `net::ERR_INVALID_ARGUMENT` */
const INVALID_ARGUMENT = -4;

/**
 * What the app hears of a socket whose host is suddenly gone.
 *
 * @param {Socket} socket
 * @returns {Farewell | undefined}
 */
function farewellOf({ id, kind, open, paused }) {
  if (!open) return undefined;
  if (kind === 'tcpServer')
    return { event: 'sockets.tcpServer.onAcceptError', params: { socketId: id, resultCode: -2 } };
  if (kind === 'udp') return { event: 'sockets.udp.onReceiveError', params: { socketId: id, resultCode: -2 } };
  return paused ? undefined : { event: 'sockets.tcp.onReceiveError', params: { socketId: id, resultCode: -100 } };
}

export class Sockets {
  /** @type {Map<number, Socket>} */
  #byId = new Map();

  #changed;

  /**
   * @param {number} nextId The lowest id that no socket of this background context has had.
   * @param {(id: number, farewell: Farewell | undefined) => void} [changed] Hears what a socket would say in the end, when
   *   that has changed.
   */
  constructor(nextId, changed = () => {}) {
    this.nextId = nextId;
    this.#changed = changed;
  }

  get size() {
    return this.#byId.size;
  }

  /** @param {number} id */
  get(id) {
    return this.#byId.get(id);
  }

  /**
   * @param {number} id
   * @param {'tcpServer' | 'tcp' | 'udp'} kind
   * @param {boolean} accepted Accepted sockets are connected, and paused until the app resumes them.
   */
  #add(id, kind, accepted) {
    this.nextId = Math.max(this.nextId, id + 1);
    this.#byId.set(id, { id, kind, open: accepted, paused: accepted, consumed: 0, acked: 0, closed: false });
  }

  /** @param {Socket | undefined} socket Something may have changed about it. */
  #look(socket) {
    if (!socket) return;
    const farewell = farewellOf(socket);
    const due = farewell !== undefined;
    if (due === (socket.due ?? false)) return;
    socket.due = due;
    this.#changed(socket.id, farewell);
  }

  /**
   * Takes in what a reply says about sockets.
   *
   * @param {string} method
   * @param {Record<string, any>} params
   * @param {import('../api/namespaces.js').Reply} reply
   */
  replied(method, params, reply) {
    const socket = this.#byId.get(params.socketId);
    this.#apply(method, params, reply, socket);
    this.#look(socket);
  }

  /**
   * @param {string} method
   * @param {Record<string, any>} params
   * @param {import('../api/namespaces.js').Reply} reply
   * @param {Socket | undefined} socket
   */
  #apply(method, params, { result, error }, socket) {
    switch (method) {
      case 'sockets.tcpServer.create':
        if (!error) this.#add(/** @type {any} */ (result).socketId, 'tcpServer', false);
        return;
      case 'sockets.tcp.create':
        if (!error) this.#add(/** @type {any} */ (result).socketId, 'tcp', false);
        return;
      case 'sockets.udp.create':
        if (!error) this.#add(/** @type {any} */ (result).socketId, 'udp', false);
        return;
      case 'sockets.udp.bind':
      case 'sockets.tcpServer.listen':
      case 'sockets.tcp.connect':
        if (socket && !error) socket.open = true;
        return;
      case 'sockets.tcpServer.setPaused':
      case 'sockets.tcp.setPaused':
      case 'sockets.udp.setPaused':
        if (socket && !error) socket.paused = params.paused;
        return;
      case 'sockets.tcpServer.disconnect':
      case 'sockets.tcp.disconnect':
        if (socket && !error) socket.open = false;
        return;
      case 'sockets.tcp.secure':
        // It is gone, unless the call was wrong to begin with.
        if (socket && error && error.code !== INVALID_ARGUMENT) this.#remove(socket);
        return;
      case 'sockets.tcp.send':
        // A send fails with a code only where the connection is gone.
        if (socket && error && result) socket.open = false;
        return;
      case 'sockets.tcpServer.close':
      case 'sockets.tcp.close':
      case 'sockets.udp.close':
        if (socket && !error) this.#remove(socket);
    }
  }

  /** @param {Socket} socket */
  #remove(socket) {
    socket.closed = true;
    socket.open = false;
    this.#byId.delete(socket.id);
  }

  /**
   * Takes in what an event says about sockets.
   *
   * @param {string} event
   * @param {Record<string, any>} params
   * @returns {Socket | undefined} The socket that the event is about.
   */
  happened(event, params) {
    const socket = this.#byId.get(params.socketId);
    if (event === 'sockets.tcpServer.onAccept') this.#add(params.clientSocketId, 'tcp', true);
    else if (event.endsWith('Error') && event !== 'sockets.tcp.onReceiveError' && socket) socket.paused = true;
    else if (event === 'sockets.tcp.onReceiveError' && socket) {
      socket.open = false;
      socket.paused = true;
      this.#look(socket);
    }
    return socket;
  }

  /**
   * The events that tell the app of a host that has gone, so that no server and no reader stops in silence.
   *
   * @returns {Farewell[]}
   */
  farewell() {
    return [...this.#byId.values()].flatMap((socket) => farewellOf(socket) ?? []);
  }
}
