/** Builds `chrome.sockets` from the table of signatures. */

import { bindArguments } from './arguments.js';
import { EventSource } from './event.js';
import { withLastError } from './last-error.js';
import { namespaces, pathOf, signature } from './signatures.js';

/**
 * @typedef {object} ErrorReply
 * @property {string} message Text of `lastError`.
 * @property {number} [code] Chrome's net error code, where there is one.
 *
 * @typedef {object} Reply How a call ended. `result` may stand beside `error`, where Chrome gives the callback both.
 * @property {unknown} [result]
 * @property {ErrorReply} [error]
 *
 * @typedef {(method: string, params: Record<string, unknown>, settle: (reply: Reply) => void) => void} CallHost
 */

/**
 * @param {import('./arguments.js').Callback} callback
 * @param {Reply} reply
 */
function callBack(callback, { result, error }) {
  const run = () => {
    try {
      // Without a value the callback gets no arguments at all, not one that is undefined.
      if (result === undefined || result === null) callback();
      else callback(result);
    } catch (thrown) {
      console.error('Error handling response:', thrown);
    }
  };
  if (error) withLastError(error.message, run);
  else run();
}

/** @param {ErrorReply} error */
function toError({ message, code }) {
  return Object.assign(new Error(message), code === undefined ? undefined : { resultCode: code });
}

/**
 * @param {import('./signatures.js').Signature} of
 * @param {CallHost} call
 */
function method(of, call) {
  return (/** @type {unknown[]} */ ...args) => {
    const { params, callback } = bindArguments(of, args);
    if (callback) return call(of.name, params, (reply) => callBack(callback, reply));
    return new Promise((resolve, reject) => {
      call(of.name, params, ({ result, error }) => {
        if (error) reject(toError(error));
        else resolve(result ?? undefined);
      });
    });
  };
}

/**
 * @param {CallHost} call What carries a checked call to the host.
 * @param {(event: string, some: boolean) => void} listening Hears when an event gets its first listener or loses its last.
 * @returns {{sockets: import('../../types/api.js').Sockets, network: import('../../types/api.js').Network, events: Map<string, EventSource>, methods: Set<string>}}
 *   The API, the events' handles by their name on the wire, and the methods' names there.
 */
export function createSockets(call, listening) {
  /** @type {Map<string, EventSource>} */
  const events = new Map();
  /** @type {Set<string>} */
  const methods = new Set();
  /** @type {Record<string, Record<string, unknown>>} */
  const built = {};
  for (const [namespace, { types, methods: methodTexts, events: eventTypes }] of Object.entries(namespaces)) {
    /** @type {Record<string, unknown>} */
    const members = {};
    for (const [name, { parameters }] of Object.entries(methodTexts)) {
      const of = signature(namespace, name, parameters);
      members[name] = method(of, call);
      methods.add(of.name);
      Object.defineProperty(members[name], 'name', { value: name });
    }
    for (const name of Object.keys(eventTypes)) {
      const event = `${pathOf(namespace)}.${name}`;
      const source = new EventSource((some) => listening(event, some));
      members[name] = source.event;
      events.set(event, source);
    }
    for (const [name, values] of Object.entries(types)) {
      if (Array.isArray(values))
        members[name] = Object.fromEntries(values.map((value) => [value.toUpperCase(), value]));
    }
    built[namespace] = members;
  }
  const { network, ...sockets } = /** @type {any} */ (built);
  return { sockets, network, events, methods };
}
