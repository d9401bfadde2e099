/** Turns a browser's words about a host that is not there into what a person can do about it. */

/**
 * @param {string} reason What the browser says: Chrome's texts, or Firefox's.
 * @param {string} hostName
 * @param {string} extensionId
 */
export function explain(reason, hostName, extensionId) {
  const install = `chrome-sockets-host install --extension-id ${extensionId}`;
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
    return `The native messaging host ${hostName} has exited. Run: chrome-sockets-host doctor`;
  }
  return `The native messaging host ${hostName} is gone: ${reason}`;
}
