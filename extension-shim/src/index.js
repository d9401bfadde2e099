/**
 * `chrome.sockets.tcpServer`, `chrome.sockets.tcp` and `chrome.sockets.udp` for any browser extension, over a native messaging host.
 *
 * @module chrome-sockets
 */

import { createSockets } from './api/namespaces.js';
import { detectContext } from './context.js';
import { Dispatcher } from './dispatcher.js';
import { Door, PORT_NAME } from './hub/door.js';
import { Hub } from './hub/hub.js';
import { ElectedLink } from './page/elected.js';
import { PageLink } from './page/link.js';
import { announceHub, whenHub } from './presence.js';
import { DEFAULT_HOST } from './transport/explain.js';
import { openNativePort } from './transport/native-port.js';

/**
 * @typedef {object} InstallOptions
 * @property {string} [hostName] Name of the native messaging host, as given to `chrome-sockets-host install --name`.
 *   `org.chrome_sockets.host` when absent. It counts from the next start of the host on, and where the background is the
 *   hub, what is said in pages does not count.
 * @property {boolean} [force] Replace a native `chrome.sockets`. Without it a native one is left alone.
 * @property {'background' | 'page'} [context] Where this code runs, when the shim cannot find out by itself.
 */

const manifest = () =>
  /** @type {{background?: {page?: string | null} | null, sockets?: unknown}} */ (
    globalThis.chrome?.runtime?.getManifest?.() ?? {}
  );

const settings = { hostName: DEFAULT_HOST, context: detectContext(manifest().background?.page) };

const hub = new Hub({ connect: () => openNativePort(settings.hostName), manifest, opened: announceHub });

/** @type {Dispatcher | undefined} */
let dispatcher;

const toHub = { connect: () => globalThis.chrome.runtime.connect({ name: PORT_NAME }), whenHub };

function link() {
  if (settings.context === 'background') return hub;
  // An offscreen document cannot read the manifest. It cannot start a host either, so somebody else must be the hub.
  if (!globalThis.chrome?.runtime?.getManifest || manifest().background) return new PageLink(toHub);
  const { locks } = globalThis.navigator ?? {};
  return new ElectedLink({ ...toHub, hub, locks, openDoor: () => door.open(), announce: announceHub });
}

/** The way to the host is chosen at the first use, since `install` may come before that and say where this code runs. */
function here() {
  dispatcher ??= new Dispatcher(link(), events);
  return dispatcher;
}

const {
  sockets: built,
  network: builtNetwork,
  events,
  methods,
} = createSockets(
  (...call) => here().call(...call),
  (event, some) => here().listening(event, some),
);

const door = new Door(hub, { methods, events });
if (settings.context === 'background') door.open();

/**
 * What `chrome.sockets` is in a Chrome App. It works whether or not {@link install} has been called.
 *
 * @type {import('../types/api.js').Sockets}
 */
export const sockets = built;

/**
 * Listening TCP sockets.
 *
 * @type {import('../types/api.js').TcpServer}
 */
export const tcpServer = built.tcpServer;

/**
 * TCP connections.
 *
 * @type {import('../types/api.js').Tcp}
 */
export const tcp = built.tcp;

/**
 * UDP sockets.
 *
 * @type {import('../types/api.js').Udp}
 */
export const udp = built.udp;

/**
 * The part of `chrome.system.network` that servers show their address with.
 *
 * @type {import('../types/api.js').Network}
 */
export const network = builtNetwork;

/**
 * Defines `chrome.sockets` and `chrome.system.network`, so that code written for Chrome Apps runs unchanged. Call it at the
 * top level of the background script, and in each page that needs sockets, before code that uses `chrome.sockets`.
 *
 * @param {InstallOptions} [options]
 * @returns {import('../types/api.js').Sockets} `chrome.sockets`: the native one where there is one, else the shim's.
 */
export function install({ hostName, force = false, context } = {}) {
  if (hostName !== undefined) settings.hostName = hostName;
  if (context !== undefined && context !== settings.context) {
    settings.context = context;
    if (context === 'background') door.open();
    else door.close();
  }
  const chrome = /** @type {{sockets?: typeof sockets, system?: {network?: typeof network}} | undefined} */ (
    /** @type {unknown} */ (globalThis.chrome)
  );
  if (!chrome) throw new Error('chrome-sockets works in a browser extension only: there is no global "chrome".');
  if (chrome.sockets === undefined || force) {
    define(chrome, 'sockets', sockets);
  }
  // Other parts of `chrome.system` may be there already, by permissions of their own.
  if (chrome.system === undefined) define(chrome, 'system', {});
  if (chrome.system && (chrome.system.network === undefined || force)) define(chrome.system, 'network', network);
  return /** @type {typeof sockets} */ (chrome.sockets);
}

/**
 * @param {object} object
 * @param {string} name
 * @param {unknown} value
 */
function define(object, name, value) {
  Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}
