/** The tests' hands in a context of the extension: its worker, or any of its pages. */

import { install } from './chrome-sockets/index.js';

install();

const { tcp, tcpServer } = chrome.sockets;

/**
 * Everything the sockets have told, in order: `{event, socketId, …}`, of data its length only.
 * @type {Record<string, any>[]}
 */
const log = [];

/** The data of each socket, as it came. @type {Map<number, Uint8Array[]>} */
const received = new Map();

/** How much that is. @type {Map<number, number>} */
const lengths = new Map();

/** Called after each event. @type {Set<() => void>} */
const watchers = new Set();

/** @param {Record<string, any>} entry */
function note(entry) {
  log.push(entry);
  for (const watcher of watchers) watcher();
}

/** Sockets that are un-paused as soon as they have been accepted, by server. */
const unpausing = new Set();

tcpServer.onAccept.addListener((info) => {
  if (unpausing.has(info.socketId)) tcp.setPaused(info.clientSocketId, false, () => void chrome.runtime.lastError);
  note({ event: 'accept', ...info });
});
tcpServer.onAcceptError.addListener((info) => note({ event: 'acceptError', ...info }));
tcp.onReceive.addListener(({ socketId, data, ...rest }) => {
  if (!received.has(socketId)) received.set(socketId, []);
  received.get(socketId)?.push(new Uint8Array(data));
  lengths.set(socketId, lengthOf(socketId) + data.byteLength);
  note({ event: 'receive', socketId, length: data.byteLength, ...rest });
});
tcp.onReceiveError.addListener((info) => note({ event: 'receiveError', ...info }));

/**
 * Calls a method with a callback, and tells all that the callback can see.
 *
 * @param {'tcp' | 'tcpServer' | 'udp'} namespace
 * @param {string} method
 * @param {...any} args
 * @returns {Promise<{result: any, error: string | undefined, at: number}>} `at` is how long the log was at that time
 */
function call(namespace, method, ...args) {
  return new Promise((resolve) => {
    chrome.sockets[namespace][method](...args, (result) => {
      resolve({ result, error: chrome.runtime.lastError?.message, at: log.length });
    });
  });
}

/**
 * Resolves when the condition holds; it is looked at after each event.
 *
 * @template T
 * @param {() => T} condition
 * @returns {Promise<T>}
 */
function until(condition) {
  return new Promise((resolve, reject) => {
    const watch = () => {
      try {
        const value = condition();
        if (!value) return;
        watchers.delete(watch);
        resolve(value);
      } catch (error) {
        watchers.delete(watch);
        reject(error);
      }
    };
    watchers.add(watch);
    watch();
  });
}

/**
 * A server on a free port.
 *
 * @param {{unpause?: boolean}} [options] whether its clients are un-paused at once
 */
async function listen({ unpause = true } = {}) {
  const { socketId } = (await call('tcpServer', 'create', {})).result;
  if (unpause) unpausing.add(socketId);
  const { result, error } = await call('tcpServer', 'listen', socketId, '127.0.0.1', 0);
  if (result !== 0) throw new Error(`listen: ${result} ${error}`);
  const { localPort } = (await call('tcpServer', 'getInfo', socketId)).result;
  return { socketId, port: localPort };
}

/**
 * The first client of a server, when it is there.
 *
 * @param {{socketId: number}} server
 * @returns {Promise<number>}
 */
const firstClient = ({ socketId }) => until(() => accepted(socketId)[0]);

/** @param {number} serverId the accepted sockets so far, in order */
function accepted(serverId) {
  return log.filter((entry) => entry.event === 'accept' && entry.socketId === serverId).map((e) => e.clientSocketId);
}

/** @param {number} socketId */
const lengthOf = (socketId) => lengths.get(socketId) ?? 0;

/** @param {number} socketId all bytes it has received */
function bytesOf(socketId) {
  const bytes = new Uint8Array(lengthOf(socketId));
  let at = 0;
  for (const piece of received.get(socketId) ?? []) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** @param {number} socketId */
const hasEnded = (socketId) => log.some((entry) => entry.event === 'receiveError' && entry.socketId === socketId);

/** @param {Uint8Array} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {number} length random bytes; the browser gives 64 KiB at a time */
function randomBytes(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** Closes everything and forgets it, for the next test. */
async function reset() {
  for (const namespace of /** @type {const} */ (['tcpServer', 'tcp', 'udp'])) {
    const sockets = (await call(namespace, 'getSockets')).result;
    await Promise.all(sockets.map((socket) => call(namespace, 'close', socket.socketId)));
  }
  log.length = 0;
  received.clear();
  lengths.clear();
}

/**
 * What pages of ours that others have embedded have in their logs. They tell it through the browser, because Puppeteer does not
 * always learn of such a page's script.
 *
 * @type {Map<string, Record<string, any>[]>}
 */
const embedded = new Map();

if (globalThis.location.hash === '#framed') {
  const page = crypto.randomUUID();
  watchers.add(() => chrome.runtime.sendMessage({ page, entry: log.at(-1) }, () => void chrome.runtime.lastError));
} else {
  chrome.runtime.onMessage.addListener(({ page, entry }) => {
    if (page) embedded.set(page, [...(embedded.get(page) ?? []), entry]);
  });
}

Object.assign(globalThis, {
  bench: {
    embedded,
    log,
    received,
    lengths,
    call,
    until,
    listen,
    firstClient,
    accepted,
    lengthOf,
    bytesOf,
    hasEnded,
    sha256,
    randomBytes,
    reset,
  },
});
