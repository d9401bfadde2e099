import net from 'node:net';

/** An event as `chrome` has them. */
class FakeEvent {
  #listeners = new Set();
  /** @param {(info: any) => void} listener */
  addListener(listener) {
    this.#listeners.add(listener);
  }
  /** @param {any} info */
  fire(info) {
    for (const listener of this.#listeners) listener(info);
  }
}

/**
 * As much of `chrome` as the example uses, over Node's own sockets, so that its tests need no browser.
 * It keeps the rules that matter here: an accepted socket is paused, and a failing call sets `lastError`.
 */
export class FakeChrome {
  runtime = { lastError: /** @type {{message: string} | undefined} */ (undefined) };
  tabList = [{ id: 1, windowId: 1, active: true, incognito: false, title: 'One', url: 'https://one.example/' }];
  tabs = {
    query: async () => this.tabList,
    create: async (/** @type {{url: string, active: boolean}} */ { url, active }) => {
      const tab = {
        id: this.tabList.length + 1,
        windowId: 1,
        active,
        incognito: false,
        title: '',
        url: '',
        pendingUrl: url,
      };
      this.tabList.push(tab);
      return tab;
    },
  };
  /** How often a connection was paused. */
  pauses = 0;

  #ids = 0;
  /** @type {Map<number, net.Server>} */
  #servers = new Map();
  /** @type {Map<number, net.Socket>} */
  #clients = new Map();

  sockets = {
    tcpServer: {
      onAccept: new FakeEvent(),
      onAcceptError: new FakeEvent(),
      create: this.#method(async () => ({ socketId: this.#add(this.#servers, net.createServer()) })),
      listen: this.#method((id, address, port) => this.#listen(id, address, port)),
      getInfo: this.#method(async (id) => ({ localPort: this.#port(id) })),
      setPaused: this.#method(async () => {}),
      close: this.#method(async (id) => this.#closeServer(id)),
    },
    tcp: {
      onReceive: new FakeEvent(),
      onReceiveError: new FakeEvent(),
      getInfo: this.#method(async (id) => {
        const socket = this.#client(id);
        return { peerAddress: socket.remoteAddress, peerPort: socket.remotePort };
      }),
      setPaused: this.#method(async (id, paused) => {
        this.pauses += paused ? 1 : 0;
        if (paused) this.#client(id).pause();
        else this.#client(id).resume();
      }),
      send: this.#method((id, data) => this.#send(id, data)),
      close: this.#method(async (id) => {
        this.#client(id).end();
        this.#clients.delete(id);
      }),
    },
  };

  /** What happens to the extension when the native host dies: its sockets are gone, and servers hear of it. */
  killHost() {
    const servers = [...this.#servers.keys()];
    for (const id of servers) this.#closeServer(id);
    for (const socket of this.#clients.values()) socket.destroy();
    this.#clients.clear();
    for (const socketId of servers) this.sockets.tcpServer.onAcceptError.fire({ socketId, resultCode: -2 });
  }

  close() {
    for (const id of [...this.#servers.keys()]) this.#closeServer(id);
    for (const socket of this.#clients.values()) socket.destroy();
  }

  /**
   * @param {(...args: any[]) => Promise<unknown>} body
   * @returns {(...args: any[]) => void}
   */
  #method(body) {
    return (...args) => {
      const callback = args.pop();
      body(...args).then(callback, (error) => {
        this.runtime.lastError = { message: error.message };
        callback();
        this.runtime.lastError = undefined;
      });
    };
  }

  /**
   * @template T
   * @param {Map<number, T>} table
   * @param {T} entry
   */
  #add(table, entry) {
    table.set(++this.#ids, entry);
    return this.#ids;
  }

  /**
   * @param {number} id
   * @param {string} address
   * @param {number} port
   */
  #listen(id, address, port) {
    const server = this.#server(id);
    server.on('connection', (socket) => {
      socket.pause();
      const clientSocketId = this.#add(this.#clients, socket);
      const error = () => {
        if (this.#clients.has(clientSocketId)) {
          this.sockets.tcp.onReceiveError.fire({ socketId: clientSocketId, resultCode: -100 });
        }
      };
      socket.on('data', (data) => {
        if (!this.#clients.has(clientSocketId)) return;
        this.sockets.tcp.onReceive.fire({ socketId: clientSocketId, data: new Uint8Array(data).buffer });
      });
      socket.on('error', () => {});
      socket.on('close', error);
      this.sockets.tcpServer.onAccept.fire({ socketId: id, clientSocketId });
    });
    return new Promise((resolve, reject) => {
      server.on('error', reject).listen(port, address, () => resolve(0));
    });
  }

  /** @param {number} id */
  #server(id) {
    const server = this.#servers.get(id);
    if (!server) throw new Error('Socket not found');
    return server;
  }

  /** @param {number} id */
  #port(id) {
    return /** @type {net.AddressInfo} */ (this.#server(id).address()).port;
  }

  /** @param {number} id */
  async #closeServer(id) {
    this.#servers.get(id)?.close();
    this.#servers.delete(id);
  }

  /** @param {number} id */
  #client(id) {
    const socket = this.#clients.get(id);
    if (!socket) throw new Error('Socket not found');
    return socket;
  }

  /**
   * @param {number} id
   * @param {ArrayBuffer} data
   */
  #send(id, data) {
    return new Promise((resolve, reject) => {
      this.#client(id).write(new Uint8Array(data), (error) => {
        if (error) reject(new Error('net::ERR_FAILED'));
        // As in the browser, the answer is a task of its own; Node would call back before it reads anything more.
        else setImmediate(resolve, { resultCode: 0, bytesSent: data.byteLength });
      });
    });
  }
}
