import { once } from 'node:events';
import net from 'node:net';

/** A client that says exactly what it is told to, which no HTTP library does. */
export class Client {
  #received = '';
  #ended = false;
  /** Called when something has arrived or the connection has ended. */
  #wake = () => {};

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      this.#received += data;
      this.#wake();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  /**
   * @param {import('node:test').TestContext} t
   * @param {number} port
   */
  static async connect(t, port) {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return new Client(socket);
  }

  /** @param {string | Uint8Array} bytes */
  write(bytes) {
    this.socket.write(bytes);
  }

  /**
   * The next answer.
   *
   * @param {{head?: boolean}} [options] `head` when it answers a HEAD request and so has no body
   */
  async answer({ head = false } = {}) {
    const end = await this.#until(() => this.#received.indexOf('\r\n\r\n') + 1);
    const [start, ...lines] = this.#received.slice(0, end - 1).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    );
    const length = head || start.includes(' 100 ') ? 0 : Number(headers['content-length']);
    const from = end + 3;
    await this.#until(() => this.#received.length >= from + length);
    const body = Buffer.from(this.#received.slice(from, from + length), 'latin1').toString();
    this.#received = this.#received.slice(from + length);
    return { status: Number(start.split(' ')[1]), headers, body };
  }

  /** Resolves with what is left unread once the server has closed the connection. */
  async closed() {
    if (!this.#ended) await once(this.socket, 'close');
    return this.#received;
  }

  /**
   * @template T
   * @param {() => T} condition
   */
  async #until(condition) {
    for (;;) {
      const value = condition();
      if (value) return value;
      if (this.#ended) throw new Error(`The connection ended after ${JSON.stringify(this.#received)}`);
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }
}
