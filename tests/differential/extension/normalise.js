/**
 * Turns what has been written down into lines that are the same on both sides when the behaviour is.
 *
 * Left out on purpose: the numbers of sockets (they are named in the order in which they appear), free ports, the order
 * between different sockets (each has lines of its own), how received data is cut (it is joined until something else happens to
 * the socket), the order of an object's members, and the order of `getSockets`.
 */

import { concat, describe } from './bytes.js';
import { Shown } from './trace.js';

/** @typedef {import('./trace.js').Entry} Entry */
/** @typedef {import('./trace.js').Namespace} Namespace */

/** @type {Namespace[]} */
const NAMESPACES = ['tcpServer', 'tcp', 'udp'];

/** Calls that name no socket, and what a scenario notes. */
const SCRIPT = 'script';

/** The names of the sockets of a trace. */
class Names {
  /** @type {Map<string, string>} */
  #names = new Map();
  #counts = { server: 0, tcp: 0, accepted: 0, udp: 0 };

  /** @param {readonly Entry[]} entries */
  constructor(entries) {
    for (const entry of entries) {
      if (entry.kind === 'event' && entry.event === 'onAccept') this.#add('tcp', entry.info.clientSocketId, 'accepted');
      else if (entry.kind === 'callback') this.#reveal(entry.call, entry.results[0]);
      else if (entry.kind === 'resolved') this.#reveal(entry.call, entry.value);
    }
  }

  /**
   * @param {import('./trace.js').Call} call
   * @param {any} result
   */
  #reveal({ namespace, method }, result) {
    if (method === 'create' && result) {
      this.#add(namespace, result.socketId, namespace === 'tcpServer' ? 'server' : namespace);
    } else if (method === 'getSockets' && namespace === 'tcp') {
      // A client that nobody has been told of shows up here only.
      for (const { socketId } of sorted(result)) this.#add('tcp', socketId, 'accepted');
    }
  }

  /**
   * @param {Namespace} namespace
   * @param {number} id
   * @param {'server' | 'tcp' | 'accepted' | 'udp'} kind
   */
  #add(namespace, id, kind) {
    const key = `${namespace} ${id}`;
    if (this.#names.has(key)) return;
    this.#counts[kind] += 1;
    this.#names.set(key, `${kind} ${this.#counts[kind]}`);
  }

  /**
   * @param {Namespace} namespace
   * @param {unknown} id
   * @returns {string | undefined}
   */
  of(namespace, id) {
    const name = this.#names.get(`${namespace} ${id}`);
    if (name || typeof id !== 'number') return name;
    const others = NAMESPACES.map((other) => this.#names.get(`${other} ${id}`)).filter(Boolean);
    return others[0] && `the number of ${others[0]}`;
  }
}

/** @param {{socketId: number}[]} infos */
const sorted = (infos) => [...infos].sort((a, b) => a.socketId - b.socketId);

class Writer {
  /** @type {Map<string, string[]>} */
  streams = new Map();
  /** Data of a socket that waits for what comes behind it. @type {Map<string, Uint8Array[]>} */
  #received = new Map();

  /**
   * @param {Names} names
   * @param {ReadonlyMap<number, string>} ports the ports that have names
   */
  constructor(names, ports) {
    this.names = names;
    this.ports = ports;
  }

  /** @param {Entry} entry */
  write(entry) {
    if (entry.kind === 'note') this.#line(SCRIPT, `${entry.text}: ${this.#value(entry.value, 'tcp')}`);
    else if (entry.kind === 'event') this.#event(entry);
    else this.#line(this.#streamOf(entry.call), this.#ofCall(entry));
  }

  /** @returns {[stream: string, lines: string[]][]} */
  finish() {
    for (const stream of [...this.#received.keys()]) this.#flush(stream);
    return [...this.streams].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /**
   * @param {string} stream
   * @param {string} text
   */
  #line(stream, text) {
    this.#flush(stream);
    const lines = this.streams.get(stream);
    if (lines) lines.push(text);
    else this.streams.set(stream, [text]);
  }

  /** @param {string} stream */
  #flush(stream) {
    const pieces = this.#received.get(stream);
    this.#received.delete(stream);
    if (pieces) this.#line(stream, `onReceive ${describe(concat(pieces))}`);
  }

  /** @param {import('./trace.js').Event} entry */
  #event({ namespace, event, info }) {
    const { socketId, ...rest } = info;
    const stream = this.#socket(namespace, socketId);
    if (event === 'onReceive' && Object.keys(rest).join() === 'data') {
      const pieces = this.#received.get(stream);
      if (pieces) pieces.push(rest.data);
      else this.#received.set(stream, [rest.data]);
    } else this.#line(stream, `${event} ${this.#value(rest, 'tcp')}`);
  }

  /**
   * @param {Namespace} namespace
   * @param {unknown} id
   */
  #socket(namespace, id) {
    return this.names.of(namespace, id) ?? `${namespace} without a name: ${id}`;
  }

  /** @param {import('./trace.js').Call} call */
  #streamOf({ namespace, method, args }) {
    if (method === 'create' || method === 'getSockets' || typeof args[0] !== 'number') return SCRIPT;
    return this.#socket(namespace, args[0]);
  }

  /** @param {Exclude<Entry, import('./trace.js').Event | import('./trace.js').Note>} entry */
  #ofCall(entry) {
    const { namespace, method, args, nth } = entry.call;
    const stream = this.#streamOf(entry.call);
    const name = `${stream === SCRIPT ? `${namespace}.` : ''}${method}${nth > 1 ? `#${nth}` : ''}`;
    switch (entry.kind) {
      case 'call': {
        const portAt = namespace === 'udp' && method === 'send' ? 3 : 2;
        const shown = args.map((arg, index) => {
          if (index === 0 && stream !== SCRIPT) return 'id';
          return index === portAt && typeof arg === 'number' ? this.#port(arg) : this.#value(arg, namespace);
        });
        return `${name}(${shown.join(', ')})`;
      }
      case 'callback': {
        const { results, lastError } = entry;
        const error = lastError === undefined ? '' : ` with lastError ${JSON.stringify(lastError)}`;
        return `${name} calls back (${results.map((result) => this.#value(result, namespace)).join(', ')})${error}`;
      }
      case 'threw':
        return `${name} throws ${this.#error(entry.error)}`;
      case 'returned':
        return `${name} returns ${entry.value instanceof Promise ? 'a promise' : this.#value(entry.value, namespace)}`;
      case 'resolved':
        return `${name} resolves with ${this.#value(entry.value, namespace)}`;
      case 'rejected':
        return `${name} rejects with ${this.#error(entry.error)}`;
    }
  }

  /** @param {any} error */
  #error(error) {
    if (!(error instanceof Error)) return this.#value(error, 'tcp');
    // Chrome's own TypeErrors have their text as an enumerable member too.
    const { message, ...members } = { ...error, message: error.message };
    return `${error.name}: ${message}${Object.keys(members).length > 0 ? ` ${this.#value(members, 'tcp')}` : ''}`;
  }

  /** @param {number} port */
  #port(port) {
    return this.ports.get(port) ?? String(port);
  }

  /**
   * @param {unknown} value
   * @param {Namespace} namespace
   * @returns {string}
   */
  #value(value, namespace) {
    if (value instanceof Shown) return value.text;
    if (value instanceof Uint8Array) return describe(value);
    if (typeof value === 'string') return JSON.stringify(value);
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) {
      const items = value.every((item) => item?.socketId > 0) ? sorted(value) : value;
      return `[${items.map((item) => this.#value(item, namespace)).join(', ')}]`;
    }
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${name}: ${this.#member(name, member, namespace)}`).join(', ')}}`;
  }

  /**
   * @param {string} name
   * @param {unknown} value
   * @param {Namespace} namespace
   */
  #member(name, value, namespace) {
    if (typeof value === 'number') {
      if (name === 'socketId') return this.names.of(namespace, value) ?? String(value);
      if (name === 'clientSocketId') return this.names.of('tcp', value) ?? String(value);
      // Other ports than those with names are what the system has found.
      if (/^(local|peer|remote)Port$/.test(name))
        return this.ports.get(value) ?? (value > 0 && value < 65536 ? 'a port' : value);
    }
    return this.#value(value, namespace);
  }
}

/**
 * @param {readonly Entry[]} entries
 * @param {ReadonlyMap<number, string>} [ports] names of ports that mean something
 * @returns {[stream: string, lines: string[]][]} the lines of each socket, and those of none
 */
export function normalise(entries, ports = new Map()) {
  const writer = new Writer(new Names(entries), ports);
  for (const entry of entries) writer.write(entry);
  return writer.finish();
}
