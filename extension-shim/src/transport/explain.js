/** Turns a browser's words about a host that is not there into what a person can do about it. */

/** Name under which `chrome-sockets-host install` registers the host. */
export const DEFAULT_HOST = 'org.chrome_sockets.host';

export const NO_PERMISSION =
  'chrome.runtime.connectNative is not available: the manifest must ask for the permission "nativeMessaging", and the code must run in the background or in a page of the extension.';

/** Of a host's last words, whatever kind of host it is. */
const MOST_WORDS = 1000;

/**
 * @param {string} reason What the browser says: Chrome's texts, or Firefox's, which has none for a host that has exited.
 * @param {string} hostName
 * @param {string} extensionId
 * @param {{lastWords?: string | undefined, spoke?: boolean}} [heard] What the host said before it ended, and whether it said anything at all.
 */
export function explain(reason, hostName, extensionId, { lastWords, spoke = false } = {}) {
  const host = `The native messaging host ${hostName}`;
  const name = hostName === DEFAULT_HOST ? '' : ` --name ${hostName}`;
  const install = `Run: chrome-sockets-host install --extension-id ${extensionId}${name}`;
  const doctor = `chrome-sockets-host doctor --extension-id ${extensionId}`;
  if (/host not found/i.test(reason)) {
    return `${host} is not installed. ${install} (if it was installed, this tells what is wrong: ${doctor})`;
  }
  // Firefox does not tell whether it is for others.
  if (/no such native application/i.test(reason)) {
    return `${host} is not installed for the extension ${extensionId}. ${install} (if it was installed, this tells what is wrong: ${doctor})`;
  }
  if (/forbidden/i.test(reason)) {
    return `${host} is installed for others, not for the extension ${extensionId}. ${install}`;
  }
  if (lastWords) return `${host} has exited: ${lastWords.slice(0, MOST_WORDS)}`;
  if (reason === '' || /host has exited/i.test(reason)) {
    return `${host} has exited without a word. Run: ${doctor} (or start the browser with CHROME_SOCKETS_LOG_FILE=<file> to learn more)`;
  }
  // Firefox says no more of a program that cannot be started. Chrome says this, too, of one that ends while it is told something.
  if (/unexpected error|error when communicating|tried to send a message of/i.test(reason)) {
    return `${host} ${spoke ? 'has exited' : 'cannot be started'}, or says what the browser cannot read. Run: ${doctor}`;
  }
  return `${host} is gone: ${reason} (Run: ${doctor})`;
}
