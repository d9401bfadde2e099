/** Turns a browser's words about a host that is not there into what a person can do about it. */

/** Name under which `chrome-sockets-host install` registers the host. */
export const DEFAULT_HOST = 'org.chrome_sockets.host';

/**
 * @param {string} reason What the browser says: Chrome's texts, or Firefox's.
 * @param {string} hostName
 * @param {string} extensionId
 */
export function explain(reason, hostName, extensionId) {
  const name = hostName === DEFAULT_HOST ? '' : ` --name ${hostName}`;
  const install = `chrome-sockets-host install --extension-id ${extensionId}${name}`;
  if (/host not found|no such native application/i.test(reason)) {
    return `The native messaging host ${hostName} is not installed. Run: ${install}`;
  }
  if (/forbidden|does not have permission to use native application/i.test(reason)) {
    return `The native messaging host ${hostName} is not installed for the extension ${extensionId}. Run: ${install}`;
  }
  if (/requires nativeMessaging permission/i.test(reason)) {
    return 'The manifest must ask for the permission "nativeMessaging".';
  }
  if (reason === '' || /host has exited/i.test(reason)) {
    return `The native messaging host ${hostName} has exited. Start the browser with CHROME_SOCKETS_LOG_FILE=<file> to learn why.`;
  }
  return `The native messaging host ${hostName} is gone: ${reason}`;
}
