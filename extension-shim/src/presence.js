/** How the hub lets the extension's pages know that it is there, without anybody having to ask. */

// Only this extension's own pages and workers can hear or say anything here: a channel is bound to the origin.
const CHANNEL = 'chrome-sockets/1';

/** Pages that had lost their hub connect again, so that they hear of what happens from now on. */
export function announceHub() {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('hub');
  channel.close();
}

/**
 * @param {() => void} there Called once for each announcement.
 * @returns {() => void} Ends the waiting.
 */
export function whenHub(there) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = there;
  return () => channel.close();
}
