/**
 * What the hub must know of the host's sockets: enough to tell the app the truth when the host is suddenly gone, to know
 * when nothing is left to keep the host for, and to count credit. The host alone knows the rest.
 */

/**
 * @typedef {object} Socket
 * @property {number} id
 * @property {'tcpServer' | 'tcp'} kind
 * @property {boolean} open Listening or connected.
 * @property {boolean} paused
 * @property {number} consumed Cost of all its consumed `onReceive` messages.
 * @property {number} acked How much of that the host has been told.
 * @property {boolean} closed
 */

export class Sockets {
  /** @type {Map<number, Socket>} */
  #byId = new Map();

  /** @param {number} nextId The lowest id that no socket of this background context has had. */
  constructor(nextId) {
    this.nextId = nextId;
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
   * @param {'tcpServer' | 'tcp'} kind
   * @param {boolean} accepted Accepted sockets are connected, and paused until the app resumes them.
   */
  #add(id, kind, accepted) {
    this.nextId = Math.max(this.nextId, id + 1);
    this.#byId.set(id, { id, kind, open: accepted, paused: accepted, consumed: 0, acked: 0, closed: false });
  }

  /**
   * Takes in what a reply says about sockets.
   *
   * @param {string} method
   * @param {Record<string, any>} params
   * @param {import('../api/namespaces.js').Reply} reply
   */
  replied(method, params, { result, error }) {
    const socket = this.#byId.get(params.socketId);
    switch (method) {
      case 'sockets.tcpServer.create':
        if (!error) this.#add(/** @type {any} */ (result).socketId, 'tcpServer', false);
        return;
      case 'sockets.tcp.create':
        if (!error) this.#add(/** @type {any} */ (result).socketId, 'tcp', false);
        return;
      case 'sockets.tcpServer.listen':
      case 'sockets.tcp.connect':
        if (socket && !error) socket.open = true;
        return;
      case 'sockets.tcpServer.setPaused':
      case 'sockets.tcp.setPaused':
        if (socket && !error) socket.paused = params.paused;
        return;
      case 'sockets.tcpServer.disconnect':
      case 'sockets.tcp.disconnect':
        if (socket && !error) socket.open = false;
        return;
      case 'sockets.tcp.send':
        // A send fails with a code only where the connection is gone.
        if (socket && error && result) socket.open = false;
        return;
      case 'sockets.tcpServer.close':
      case 'sockets.tcp.close':
        if (!socket || error) return;
        socket.closed = true;
        this.#byId.delete(socket.id);
    }
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
    else if (event === 'sockets.tcpServer.onAcceptError' && socket) socket.paused = true;
    else if (event === 'sockets.tcp.onReceiveError' && socket) {
      socket.open = false;
      socket.paused = true;
    }
    return socket;
  }

  /**
   * The events that tell the app of a host that has gone, so that no server and no reader stops in silence.
   *
   * @returns {{event: string, params: {socketId: number, resultCode: number}}[]}
   */
  farewell() {
    const events = [];
    for (const { id, kind, open, paused } of this.#byId.values()) {
      if (!open) continue;
      if (kind === 'tcpServer') {
        events.push({ event: 'sockets.tcpServer.onAcceptError', params: { socketId: id, resultCode: -2 } });
      } else if (!paused) {
        events.push({ event: 'sockets.tcp.onReceiveError', params: { socketId: id, resultCode: -100 } });
      }
    }
    return events;
  }
}
