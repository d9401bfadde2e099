/** The certificate with which the server proves itself over HTTPS: made once, kept in this profile, renewed in time. */

const KEY = 'tls';
const DAY_MS = 24 * 60 * 60 * 1000;
/** The longest that browsers accept. */
const DAYS = 397;

/**
 * @typedef {{certificate: string, privateKey: string}} TlsPair both in PEM
 *
 * @returns {Promise<TlsPair>} one that is good for a day at the least
 */
export async function ownCertificate() {
  const { [KEY]: kept } = await chrome.storage.local.get(KEY);
  const { pair, until } = /** @type {{pair?: TlsPair, until?: number}} */ (kept ?? {});
  if (pair && until !== undefined && until > Date.now() + DAY_MS) return pair;
  const made = await chrome.sockets.tcpServer.generateCertificate({ days: DAYS });
  // No page of others and no content script can read this.
  await chrome.storage.local.set({ [KEY]: { pair: made, until: Date.now() + DAYS * DAY_MS } });
  return made;
}
