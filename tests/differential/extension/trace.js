/** Writes down what an app can see of `chrome.sockets`: what it calls, what comes back, what is thrown, which events come. */

import { describe } from './bytes.js';

/** @typedef {'tcp' | 'tcpServer' | 'udp'} Namespace */

/**
 * @typedef {object} Call
 * @property {Namespace} namespace
 * @property {string} method
 * @property {unknown[]} args
 * @property {number} nth which call of this method on this socket it is
 *
 * @typedef {{kind: 'call', call: Call}} Called
 * @typedef {{kind: 'threw', call: Call, error: unknown}} Threw
 * @typedef {{kind: 'returned', call: Call, value: unknown}} Returned
 * @typedef {{kind: 'callback', call: Call, results: unknown[], lastError: string | undefined}} CalledBack
 * @typedef {{kind: 'resolved', call: Call, value: unknown}} Resolved
 * @typedef {{kind: 'rejected', call: Call, error: unknown}} Rejected
 * @typedef {{kind: 'event', namespace: Namespace, event: string, info: any}} Event
 * @typedef {{kind: 'note', text: string, value: unknown}} Note
 * @typedef {Called | Threw | Returned | CalledBack | Resolved | Rejected | Event | Note} Entry
 */

export const EVENTS = /** @type {const} */ ([
  ['tcpServer', 'onAccept'],
  ['tcpServer', 'onAcceptError'],
  ['tcp', 'onReceive'],
  ['tcp', 'onReceiveError'],
  ['udp', 'onReceive'],
  ['udp', 'onReceiveError'],
]);

/** A value as text that later changes do not reach. */
export class Shown {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/**
 * A copy of a value as it is now.
 *
 * @param {unknown} value
 * @returns {unknown}
 */
export function snapshot(value) {
  if (typeof value === 'function') return new Shown('callback');
  if (typeof value === 'symbol') return new Shown(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ArrayBuffer) return new Shown(describe(new Uint8Array(value)));
  if (ArrayBuffer.isView(value)) {
    return new Shown(
      `${value.constructor.name} ${describe(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`,
    );
  }
  if (Array.isArray(value)) return value.map(snapshot);
  const members = Object.entries(value).map(([name, member]) => [name, snapshot(member)]);
  return Object.fromEntries(members);
}

export class Trace {
  /** @type {Entry[]} */
  entries = [];
  /** @type {Set<() => void>} */
  #watchers = new Set();
  /** @type {Map<string, number>} */
  #counts = new Map();
  /** Calls whose callback or promise has not come. @type {Set<Call>} */
  #open = new Set();
  /** Called inside every callback and every event with its socket. @type {(namespace: Namespace, socketId: number) => void} */
  inside = () => {};

  /** @param {ReadonlySet<number>} hidden connections that are none of the scenario's */
  constructor(hidden) {
    this.hidden = hidden;
  }

  /** @param {Entry} entry */
  add(entry) {
    this.entries.push(entry);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /**
   * Resolves when the condition gives something; it is looked at after each entry.
   *
   * @template T
   * @param {() => T} condition
   * @returns {Promise<T>}
   */
  until(condition) {
    return new Promise((resolve) => {
      const watch = () => {
        const value = condition();
        if (!value) return;
        this.#watchers.delete(watch);
        resolve(value);
      };
      this.#watchers.add(watch);
      watch();
    });
  }

  /** Resolves when every call has been answered. */
  settled() {
    return this.until(() => this.#open.size === 0);
  }

  /**
   * The namespace with every call written down.
   *
   * @param {any} sockets
   * @param {Namespace} namespace
   * @returns {any}
   */
  wrap(sockets, namespace) {
    return new Proxy(sockets[namespace], {
      get: (target, name) => {
        const member = target[name];
        if (typeof member !== 'function') return member;
        return (/** @type {unknown[]} */ ...args) => this.#call(target, namespace, String(name), args);
      },
    });
  }

  /**
   * @param {any} target
   * @param {Namespace} namespace
   * @param {string} method
   * @param {unknown[]} args
   */
  #call(target, namespace, method, args) {
    const key = `${namespace}.${method} ${typeof args[0] === 'number' ? args[0] : ''}`;
    const nth = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, nth);
    /** @type {Call} */
    const call = { namespace, method, args: args.map(snapshot), nth };
    this.add({ kind: 'call', call });
    const callback = args.at(-1);
    const passed = [...args];
    if (typeof callback === 'function') {
      passed[passed.length - 1] = this.#listen(call, callback);
      this.#open.add(call);
    }
    let value;
    try {
      value = target[method](...passed);
    } catch (error) {
      this.#open.delete(call);
      this.add({ kind: 'threw', call, error });
      throw error;
    }
    if (value !== undefined) this.add({ kind: 'returned', call, value });
    if (value instanceof Promise) {
      this.#open.add(call);
      value.then(
        (result) => this.#answered(call, { kind: 'resolved', call, value: this.#visible(call, snapshot(result)) }),
        (error) => this.#answered(call, { kind: 'rejected', call, error }),
      );
    }
    return value;
  }

  /**
   * @param {Call} call
   * @param {Function} callback
   */
  #listen(call, callback) {
    return (/** @type {unknown[]} */ ...results) => {
      const lastError = chrome.runtime.lastError?.message;
      const shown = results.map((result) => this.#visible(call, snapshot(result)));
      this.#answered(call, { kind: 'callback', call, results: shown, lastError });
      const socketId = call.args[0] ?? /** @type {any} */ (results[0])?.socketId;
      if (typeof socketId === 'number' && call.method !== 'getInfo') this.inside(call.namespace, socketId);
      callback(...results);
    };
  }

  /**
   * @param {Call} call
   * @param {any} result
   */
  #visible({ namespace, method }, result) {
    if (namespace !== 'tcp' || method !== 'getSockets' || !result) return result;
    return result.filter((/** @type {any} */ { socketId }) => !this.hidden.has(socketId));
  }

  /**
   * @param {Namespace} namespace
   * @param {string} event
   * @param {any} info
   */
  happened(namespace, event, info) {
    if (namespace === 'tcp' && this.hidden.has(info.socketId)) return;
    const copy = { ...info };
    // As a view, which is no copy: only one scenario changes the data of an event, and that one is about this.
    if (info.data instanceof ArrayBuffer) copy.data = new Uint8Array(info.data);
    this.add({ kind: 'event', namespace, event, info: copy });
    this.inside(namespace, info.socketId);
  }

  /**
   * @param {Call} call
   * @param {Entry} entry
   */
  #answered(call, entry) {
    this.#open.delete(call);
    this.add(entry);
  }
}
