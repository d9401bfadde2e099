/**
 * Shows that something does not happen without waiting for a time: what would have come before a later message has come when
 * that message is there. The messages go round over a connection of their own, several times, because what is on its way inside
 * the browser takes more than one step.
 */

const ROUNDS = 5;

export class Barrier {
  #tcp;
  #peers;
  /** The barrier's own connection. @type {Set<number>} */
  hidden = new Set();
  /** @type {Promise<{socketId: number, peer: import('./peers.js').Peer}> | undefined} */
  #connection;

  /**
   * @param {any} tcp
   * @param {import('./peers.js').Peers} peers
   */
  constructor(tcp, peers) {
    this.#tcp = tcp;
    this.#peers = peers;
  }

  async #connect() {
    const server = await this.#peers.listen();
    const { socketId } = await this.#tcp.create({});
    this.hidden.add(socketId);
    const accepted = server.accept({ kept: true });
    await new Promise((resolve) => this.#tcp.connect(socketId, '127.0.0.1', server.port, resolve));
    return { socketId, peer: await accepted };
  }

  async pass() {
    this.#connection ??= this.#connect();
    const { socketId, peer } = await this.#connection;
    for (let round = 0; round < ROUNDS; round++) {
      /** @type {Promise<void>} */
      const back = new Promise((resolve) => {
        const listener = (/** @type {any} */ info) => {
          if (info.socketId !== socketId) return;
          this.#tcp.onReceive.removeListener(listener);
          resolve();
        };
        this.#tcp.onReceive.addListener(listener);
      });
      await new Promise((resolve) => this.#tcp.send(socketId, new ArrayBuffer(1), resolve));
      await peer.receive(1);
      await peer.write('.');
      await back;
    }
  }
}
