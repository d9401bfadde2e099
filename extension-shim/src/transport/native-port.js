/** The transport over native messaging: one port, one host process. */

import { explain, NO_PERMISSION } from './explain.js';

/**
 * Starts the host. A host that cannot be started is reported through `onclose`, as the browser reports it.
 *
 * @param {string} hostName
 * @returns {import('../hub/frame.js').Transport}
 */
export function openNativePort(hostName) {
  const runtime = globalThis.chrome?.runtime;
  if (typeof runtime?.connectNative !== 'function') throw new Error(NO_PERMISSION);
  const port = runtime.connectNative(hostName);
  /** @type {import('../hub/frame.js').Transport} */
  const transport = {
    post: (message) => port.postMessage(message),
    onmessage: () => {},
    onclose: () => {},
    close: () => port.disconnect(),
  };
  let spoke = false;
  port.onMessage.addListener((message) => {
    spoke = true;
    transport.onmessage(message);
  });
  port.onDisconnect.addListener(() => {
    // Firefox hands the reason over on the port, Chrome in lastError, which must be read so that it is not reported.
    const { error } = /** @type {{error?: Error}} */ (/** @type {unknown} */ (port));
    const reason = error?.message ?? runtime.lastError?.message ?? '';
    transport.onclose(explain(reason, hostName, runtime.id, { lastWords: transport.lastWords, spoke }));
  });
  return transport;
}
