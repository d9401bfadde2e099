/** A scriptable host behind a fake `chrome.runtime.connectNative`. It speaks the protocol and keeps all that it hears. */

import { afterEach, mock } from 'node:test';

/** Resolves in a later task, when everything that is ready has run. */
export const task = () => new Promise((resolve) => setImmediate(resolve));

const HELLO = {
  protocol: 1,
  host: '0.1.0',
  features: ['tls'],
  limits: { sockets: 16384 },
  credit: { socket: 524288, port: 1048576, accepts: 256 },
  sendWindow: 4194304,
};

export class Listeners {
  list = [];
  addListener = (listener) => this.list.push(listener);
  removeListener = (listener) => {
    this.list = this.list.filter((known) => known !== listener);
  };
  call(...args) {
    for (const listener of this.list) listener(...args);
  }
}

/** The host's end of one port. */
export class FakeHost {
  /** Frames as they came. @type {any[]} */
  frames = [];
  /** Their messages in one row. @type {any[]} */
  messages = [];
  disconnected = false;
  /** Frames posted when the port was closed. @type {any[]} */
  lost = [];
  broken = false;
  #ids = 0;

  constructor(chrome, handlers) {
    this.chrome = chrome;
    this.handlers = {
      'host.hello': ({ nextSocketId }) => {
        this.#ids = nextSocketId - 1;
        return { result: HELLO };
      },
      'host.bye': () => ({ result: null }),
      'sockets.tcpServer.create': () => this.#create(),
      'sockets.tcp.create': () => this.#create(),
      'sockets.udp.create': () => this.#create(),
      'sockets.udp.bind': () => ({ result: 0 }),
      'sockets.tcpServer.listen': () => ({ result: 0 }),
      'sockets.tcp.connect': () => ({ result: 0 }),
      'sockets.tcp.setKeepAlive': () => ({ result: 0 }),
      'sockets.tcp.setNoDelay': () => ({ result: 0 }),
      'sockets.tcp.getSockets': () => ({ result: [] }),
      'sockets.tcpServer.getSockets': () => ({ result: [] }),
      ...handlers,
    };
    this.port = {
      name: '',
      onMessage: new Listeners(),
      onDisconnect: new Listeners(),
      postMessage: (message) => this.#receive(message),
      disconnect: () => {
        this.disconnected = true;
      },
    };
  }

  #create() {
    this.#ids += 1;
    return { result: { socketId: this.#ids } };
  }

  #receive(message) {
    if (this.disconnected || this.broken) {
      this.lost.push(message);
      throw new Error('Attempting to use a disconnected port object');
    }
    const frame = JSON.parse(JSON.stringify(message));
    this.frames.push(frame);
    for (const request of [frame].flat()) this.#answer(request);
  }

  #answer(request) {
    this.messages.push(request);
    const { id, method, more } = request;
    if (id === undefined || more) return;
    const handler = this.handlers[method] ?? (() => ({ result: null }));
    const reply = handler(request.params, request, this);
    // A handler that returns nothing answers later, by `reply`.
    if (reply) setImmediate(() => this.send({ id, ...reply }));
  }

  /** One frame to the browser, at once. */
  send(frame) {
    if (!this.disconnected) this.port.onMessage.call(JSON.parse(JSON.stringify(frame)), this.port);
  }

  reply(request, reply) {
    this.send({ id: request.id, ...reply });
  }

  event(event, params, more) {
    this.send({ event, params, ...more });
  }

  receive(socketId, bytes, more) {
    this.event('sockets.tcp.onReceive', { socketId, data: Buffer.from(bytes).toString('base64') }, more);
  }

  /** The host is gone; the browser says why. */
  exit(message = 'Native host has exited.') {
    if (this.disconnected) return;
    this.disconnected = true;
    Object.defineProperty(this.chrome.runtime, 'lastError', { value: { message }, configurable: true });
    this.port.onDisconnect.call(this.port);
    delete this.chrome.runtime.lastError;
  }

  /** Requests of one method. */
  of(method) {
    return this.messages.filter((message) => message.method === method);
  }

  get acks() {
    return this.of('host.ack').map(({ params }) => params);
  }
}

let loads = 0;

/** Hosts of the running test. @type {FakeHost[]} */
let hosts = [];

// A shim without a host has no timer left that would keep the test process.
afterEach(() => {
  for (const host of hosts) host.exit();
});

/**
 * A fresh shim in a fresh extension.
 *
 * @param {{handlers?: object, manifest?: object, runtime?: object}} [options]
 */
export async function start({ handlers = {}, manifest = { sockets: {} }, runtime = {} } = {}) {
  hosts = [];
  const chrome = {
    runtime: {
      id: 'abcdefghijklmnopabcdefghijklmnop',
      getManifest: () => manifest,
      connectNative(name) {
        const host = new FakeHost(chrome, handlers);
        host.port.name = name;
        hosts.push(host);
        return host.port;
      },
      ...runtime,
    },
  };
  globalThis.chrome = chrome;
  loads += 1;
  const shim = await import(`../src/index.js?${loads}`);
  const mine = hosts;
  return {
    ...shim,
    chrome,
    hosts: mine,
    get host() {
      return mine.at(-1);
    },
  };
}

/** A call in callback form; resolves with its arguments and what `lastError` was. */
export function called(method, ...args) {
  return new Promise((resolve) => {
    method(...args, (...results) => resolve({ results, lastError: globalThis.chrome.runtime.lastError?.message }));
  });
}

/** Catches what goes to the console for the rest of the test. */
export function silence(t, ...names) {
  const lines = [];
  for (const name of names) {
    const { mock: spy } = mock.method(console, name, (...args) => lines.push(args.map(String).join(' ')));
    t.after(() => spy.restore());
  }
  return lines;
}

/** Random numbers that a printed seed brings back. */
export function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
