/**
 * Credit for the host: how much of what it sent has been consumed. The host stops reading a socket, or accepting, when
 * its windows are used up, so every event must be counted once, whatever its listeners do.
 */

const PORT_STEP = 256 * 1024;
const ACCEPT_STEP = 64;
// A small event costs the browser about as much memory as this.
const LEAST_COST = 1024;

/** @param {number} bytes Decoded size of an `onReceive` message. */
export const costOf = (bytes) => Math.max(LEAST_COST, bytes);

/** One event on its way through the contexts. The last context to let go of it consumes it. */
export class Delivery {
  /**
   * @param {{event: string, params: any, slice?: number}} message
   * @param {number} contexts How many contexts it goes to.
   * @param {number} cost
   * @param {import('./sockets.js').Socket | undefined} socket
   * @param {(delivery: Delivery) => void} consumed
   */
  constructor(message, contexts, cost, socket, consumed) {
    this.message = message;
    this.cost = cost;
    this.socket = socket;
    this.waiting = contexts;
    this.consumed = consumed;
  }

  /** Each context calls this exactly once: after its dispatch, or when it is gone. */
  release() {
    this.waiting -= 1;
    if (this.waiting === 0) this.consumed(this);
  }
}

/** The counters of one session. All are cumulative, as on the wire. */
export class Credit {
  #port = 0;
  #portAcked = 0;
  #accepts = 0;
  #acceptsAcked = 0;
  /** @type {Set<import('./sockets.js').Socket>} Sockets that the host is owed something for. */
  #owed = new Set();

  /**
   * @param {number} cost
   * @param {import('./sockets.js').Socket | undefined} socket
   */
  received(cost, socket) {
    // Port credit comes back whether or not the socket still exists.
    this.#port += cost;
    if (!socket || socket.closed) return;
    socket.consumed += cost;
    this.#owed.add(socket);
  }

  accepted() {
    this.#accepts += 1;
  }

  get due() {
    // No socket needs a step of its own: its window is twice the port's step, and what it is owed goes along.
    return this.#port - this.#portAcked >= PORT_STEP || this.#accepts - this.#acceptsAcked >= ACCEPT_STEP;
  }

  /** The parameters of a `host.ack` with all that is owed, which then counts as told. */
  take() {
    const sockets = [];
    for (const socket of this.#owed) {
      if (socket.closed) continue;
      socket.acked = socket.consumed;
      sockets.push([socket.id, socket.consumed]);
    }
    this.#owed.clear();
    this.#portAcked = this.#port;
    this.#acceptsAcked = this.#accepts;
    return { port: this.#port, accepts: this.#accepts, sockets };
  }
}
