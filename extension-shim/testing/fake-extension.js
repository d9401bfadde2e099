/** A fake extension with several contexts: a background with the host behind it, and pages that reach it over Ports. */

import { afterEach } from 'node:test';
import { Listeners, start, task } from './fake-host.js';

export const ID = 'abcdefghijklmnopabcdefghijklmnop';
export const ORIGIN = `chrome-extension://${ID}`;
export const PAGE = { id: ID, origin: ORIGIN, url: `${ORIGIN}/page.html` };

const clone = (message) => JSON.parse(JSON.stringify(message));

/** One end of a Port. What one end posts reaches the other in a later task, in order; so does the end. */
class End {
  onMessage = new Listeners();
  onDisconnect = new Listeners();
  closed = false;
  /** All that was posted here, one row of messages. @type {any[]} */
  posted = [];
  posts = 0;

  constructor(name, sender, chrome) {
    this.name = name;
    this.sender = sender;
    this.chrome = chrome;
  }

  postMessage = (message) => {
    if (this.closed) throw new Error('Attempting to use a disconnected port object');
    const copy = clone(message);
    this.posts += 1;
    this.posted.push(...[copy].flat());
    setImmediate(() => this.other.closed || this.other.onMessage.call(copy, this.other));
  };

  disconnect = (reason) => {
    if (this.closed) return;
    this.closed = true;
    setImmediate(() => this.other.lose(reason));
  };

  /** The other end is gone; the browser may say why. */
  lose(message) {
    if (this.closed) return;
    this.closed = true;
    if (message) Object.defineProperty(this.chrome.runtime, 'lastError', { value: { message }, configurable: true });
    this.onDisconnect.call(this);
    delete this.chrome.runtime.lastError;
  }
}

// What Node has would keep the process, and reach the extensions of other tests.
let channels = new Set();
globalThis.BroadcastChannel = class {
  constructor(name) {
    this.name = name;
    channels.add(this);
  }
  postMessage(data) {
    for (const channel of channels) {
      if (channel === this || channel.name !== this.name) continue;
      setImmediate(() => channels.has(channel) && channel.onmessage?.({ data }));
    }
  }
  close() {
    channels.delete(this);
  }
};

/** Web Locks: one holder, the others in the order of asking. */
class Locks {
  #queue = [];
  #held = false;

  async request(_name, ...rest) {
    const run = rest.at(-1);
    await null;
    if (rest.length > 1 && this.#held) return run(null);
    return new Promise((resolve) => {
      this.#queue.push(async () => resolve(await run({})));
      this.#next();
    });
  }

  #next() {
    if (this.#held || this.#queue.length === 0) return;
    this.#held = true;
    this.#queue.shift()();
  }

  /** The page that holds it is gone. */
  take() {
    this.#held = false;
    this.#next();
  }
}

let pages = 0;
/** Port ends in pages of the running test. @type {End[]} */
let ends = [];

afterEach(() => {
  // The guard against a background without a hub is a timer.
  for (const end of ends) end.lose();
  ends = [];
  channels = new Set();
});

/**
 * An extension whose background imports the shim, unless it is told not to.
 *
 * @param {{handlers?: object, hub?: boolean, manifest?: object}} [options]
 */
export async function startExtension({ handlers, hub = true, manifest } = {}) {
  const onConnect = new Listeners();
  const ports = [];
  const connect = ({ name }, sender = PAGE) => {
    const page = new End(name, undefined, globalThis.chrome);
    const background = new End(name, sender, globalThis.chrome);
    page.other = background;
    background.other = page;
    ends.push(page);
    ports.push({ page, background });
    setImmediate(() => {
      if (onConnect.list.length === 0) page.lose('Could not establish connection. Receiving end does not exist.');
      else onConnect.call(background);
    });
    return page;
  };
  const background = await start({
    handlers,
    manifest: manifest ?? { sockets: {}, background: { service_worker: 'sw.js' } },
    runtime: { id: ID, getURL: (path) => `${ORIGIN}/${path}`, onConnect: hub ? onConnect : undefined, connect },
  });
  const locks = new Locks();
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true, writable: true });
  return {
    background,
    locks,
    onConnect,
    ports,
    connect,
    get host() {
      return background.host;
    },
    /** The shim in one more page. */
    async page() {
      pages += 1;
      Object.assign(globalThis, { document: {}, location: { pathname: '/page.html', origin: ORIGIN } });
      const shim = await import(`../src/index.js?page${pages}`);
      delete globalThis.document;
      delete globalThis.location;
      return shim;
    },
    /** The page that is the hub is closed, without a word: its door, its host, its Ports, its lock. */
    async closeHub() {
      onConnect.list.splice(0);
      background.host.disconnected = true;
      this.stop();
      await task();
      locks.take();
    },
    /** What a page sees when the browser stops the worker: its Port closes, without a word. */
    stop() {
      for (const { page, background } of ports) {
        page.lose();
        background.lose();
      }
    },
  };
}

/** Resolves when Ports have carried what there is, to and fro. */
export async function settled() {
  for (let round = 0; round < 12; round += 1) await task();
}

/** An extension without a background. Its pages are all there is. */
export async function startPages(options) {
  const extension = await startExtension({ ...options, manifest: { sockets: {} } });
  // What has been imported to have the rest is not part of it.
  extension.background.install({ context: 'page' });
  return extension;
}
