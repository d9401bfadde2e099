/**
 * `chrome.sockets.tcpServer` and `chrome.sockets.tcp` for any browser extension, over a native messaging host.
 *
 * @module chrome-sockets
 */

import { createSockets } from './api/namespaces.js';
import { detectContext } from './context.js';
import { Hub } from './hub/hub.js';
import { LocalContext } from './hub/local-context.js';
import { DEFAULT_HOST } from './transport/explain.js';
import { openNativePort } from './transport/native-port.js';

/**
 * @typedef {object} InstallOptions
 * @property {string} [hostName] Name of the native messaging host, as given to `chrome-sockets-host install --name`.
 *   `org.chrome_sockets.host` when absent. It counts from the next start of the host on.
 * @property {boolean} [force] Replace a native `chrome.sockets`. Without it a native one is left alone.
 * @property {'background' | 'page'} [context] Where this code runs, when the shim cannot find out by itself.
 */

/** @type {{hostName: string, context?: 'background' | 'page' | undefined}} */
const settings = { hostName: DEFAULT_HOST };

const manifest = () =>
  /** @type {{background?: {page?: string}, sockets?: unknown}} */ (globalThis.chrome?.runtime?.getManifest?.() ?? {});

const hub = new Hub({
  connect() {
    const { background } = manifest();
    const context = settings.context ?? detectContext(background?.page);
    if (context === 'page' && background) {
      throw new Error(
        'chrome-sockets works in the background of this extension only: import it in the background script and call it there.',
      );
    }
    return openNativePort(settings.hostName);
  },
  manifest,
});

const { sockets: built, events } = createSockets((...call) => context.call(...call));
const context = new LocalContext(hub, events);

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
 * Defines `chrome.sockets`, so that code written for Chrome Apps runs unchanged. Call it at the top level of the
 * background script, before code that uses `chrome.sockets`.
 *
 * @param {InstallOptions} [options]
 * @returns {import('../types/api.js').Sockets} `chrome.sockets`: the native one where there is one, else the shim's.
 */
export function install({ hostName, force = false, context } = {}) {
  if (hostName !== undefined) settings.hostName = hostName;
  if (context !== undefined) settings.context = context;
  const chrome = /** @type {{sockets?: typeof sockets} | undefined} */ (/** @type {unknown} */ (globalThis.chrome));
  if (!chrome) throw new Error('chrome-sockets works in a browser extension only: there is no global "chrome".');
  if (chrome.sockets === undefined || force) {
    Object.defineProperty(chrome, 'sockets', { value: sockets, configurable: true, enumerable: true, writable: true });
  }
  return /** @type {typeof sockets} */ (chrome.sockets);
}
