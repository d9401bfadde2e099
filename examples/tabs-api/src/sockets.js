/**
 * Calls a method of `chrome.sockets` in its documented callback form and gives a promise of the result.
 * The shim also returns promises by itself; the callback form is used because the same code then runs, unchanged, in a
 * Chrome that still has the native API, where most of these methods insist on a callback.
 *
 * @param {'tcp' | 'tcpServer'} namespace
 * @param {string} method
 * @param {...unknown} args
 * @returns {Promise<any>} what the callback is given; rejects with the text of `chrome.runtime.lastError`
 */
export function call(namespace, method, ...args) {
  return new Promise((resolve, reject) => {
    /** @type {any} */ (chrome).sockets[namespace][method](...args, (/** @type {unknown} */ result) => {
      const error = chrome.runtime.lastError;
      if (error) reject(new Error(`sockets.${namespace}.${method}: ${error.message}`));
      else resolve(result);
    });
  });
}

/**
 * Closes a socket of which nobody wants to hear any more: that it is gone already is as good as success.
 *
 * @param {'tcp' | 'tcpServer'} namespace
 * @param {number} socketId
 */
export async function closeQuietly(namespace, socketId) {
  await call(namespace, 'close', socketId).catch(() => {});
}
