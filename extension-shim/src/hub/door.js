/** Where pages of this extension come in, and nobody else. */

import { RemoteContext } from './remote-context.js';

/** What a page calls its Port. The number is the version of what is said on it. */
export const PORT_NAME = 'chrome-sockets/1';

/**
 * Content scripts have the extension's id too, but the origin of the web page that they are in; a sandboxed page has none.
 *
 * @param {chrome.runtime.MessageSender | undefined} sender As the browser tells it; the other side has no say in it.
 */
export function isOwnPage(sender) {
  const { runtime } = globalThis.chrome;
  if (sender?.id !== runtime.id) return false;
  const root = runtime.getURL('');
  // Firefox has told the origin only since version 126.
  if (sender.origin === undefined) return sender.url?.startsWith(root) ?? false;
  return `${sender.origin}/` === root;
}

export class Door {
  #hub;
  #names;

  /**
   * @param {import('./hub.js').Hub} hub
   * @param {import('./remote-context.js').Names} names
   */
  constructor(hub, names) {
    this.#hub = hub;
    this.#names = names;
  }

  /** To be called in the first task of the background: the browser may have started it for a page that knocks. */
  open() {
    // Other extensions and web pages arrive at onConnectExternal, where nobody listens.
    globalThis.chrome?.runtime?.onConnect?.addListener(this.#knock);
  }

  close() {
    globalThis.chrome?.runtime?.onConnect?.removeListener(this.#knock);
  }

  #knock = (/** @type {chrome.runtime.Port} */ port) => {
    // Ports of other names are the app's own business.
    if (port.name !== PORT_NAME) return;
    if (isOwnPage(port.sender)) new RemoteContext(port, this.#hub, this.#names);
    else port.disconnect();
  };
}
