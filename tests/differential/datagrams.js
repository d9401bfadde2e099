/** What the `DatagramPeer` of `extension/peers.js` asks for, done with Node's udp sockets. */

import dgram from 'node:dgram';
import { once } from 'node:events';
import { describe, toBytes } from './extension/bytes.js';

/** @typedef {{socket: dgram.Socket, waiting: {data: Buffer, port: number}[]}} Peer */

export class Datagrams {
  /** @type {Map<number, Peer>} */
  #peers = new Map();
  #next = 1;

  /** @param {string} address */
  async openUdp(address) {
    const socket = dgram.createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    /** @type {Peer['waiting']} */
    const waiting = [];
    socket.on('message', (data, { port }) => {
      waiting.push({ data, port });
      socket.emit('waiting');
    });
    socket.bind(0, address);
    await once(socket, 'listening');
    const id = this.#next;
    this.#next += 1;
    this.#peers.set(id, { socket, waiting });
    return { id, port: socket.address().port };
  }

  /**
   * @param {number} id
   * @param {string | number} what
   * @param {number} port
   * @param {string} address
   */
  sendUdp(id, what, port, address) {
    const { socket } = this.#peer(id);
    return new Promise((resolve) =>
      socket.send(toBytes(what), port, address, (error) =>
        resolve(error ? /** @type {NodeJS.ErrnoException} */ (error).code : 'ok'),
      ),
    );
  }

  /** @param {number} id */
  async receiveUdp(id) {
    return describe((await this.#take(id)).data);
  }

  /** @param {number} id */
  async senderOfUdp(id) {
    return (await this.#take(id)).port;
  }

  reset() {
    for (const { socket } of this.#peers.values()) socket.close();
    this.#peers.clear();
  }

  /** @param {number} id */
  async #take(id) {
    const { socket, waiting } = this.#peer(id);
    while (waiting.length === 0) await once(socket, 'waiting');
    return /** @type {Peer['waiting'][number]} */ (waiting.shift());
  }

  /** @param {number} id */
  #peer(id) {
    const peer = this.#peers.get(id);
    if (!peer) throw new Error('There is no such udp socket.');
    return peer;
  }
}
