/**
 * `chrome.runtime.lastError` as Chrome shows it: there while the callback runs, gone afterwards, and reported on the
 * console when nobody has read it.
 */

/**
 * Runs `callback` with `chrome.runtime.lastError` set.
 *
 * What was there before comes back from its descriptor: in Firefox `lastError` is an accessor that must not be lost,
 * in Chrome it may be the error of a callback that this one runs inside of.
 *
 * @param {string} message
 * @param {() => void} callback
 */
export function withLastError(message, callback) {
  /** @type {object | undefined} */
  const runtime = globalThis.chrome?.runtime;
  const saved = runtime && Object.getOwnPropertyDescriptor(runtime, 'lastError');
  const lastError = { message };
  let read = false;
  if (runtime) {
    Object.defineProperty(runtime, 'lastError', {
      configurable: true,
      enumerable: true,
      get() {
        read = true;
        return lastError;
      },
    });
  }
  try {
    callback();
  } finally {
    if (saved) Object.defineProperty(/** @type {object} */ (runtime), 'lastError', saved);
    else if (runtime) Reflect.deleteProperty(runtime, 'lastError');
    if (!read) console.error(`Unchecked runtime.lastError: ${message}`);
  }
}
