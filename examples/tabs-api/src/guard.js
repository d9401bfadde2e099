import { HttpError } from './http/parser.js';

/** @typedef {'http://' | 'https://'} Scheme */

const DEFAULT_PORTS = { 'http://': 80, 'https://': 443 };

/**
 * Keeps other web pages away. A page anywhere can make this browser send requests to 127.0.0.1, so being local proves
 * nothing. Each check stands alone, and together they mean that a page of another origin neither reads nor does anything.
 */

/**
 * The names under which this server may be called. Any other name that leads here was made to by somebody's DNS, which
 * is how a page would otherwise come to be of the same origin as this server ("DNS rebinding").
 *
 * @param {number} port
 * @param {Scheme} scheme
 */
function authorities(port, scheme) {
  const names = ['127.0.0.1', 'localhost'];
  return new Set([...names.map((name) => `${name}:${port}`), ...(port === DEFAULT_PORTS[scheme] ? names : [])]);
}

/**
 * @param {import('./http/parser.js').Request} request
 * @param {string | null} authority the one in the request line, if any
 * @param {number} port
 * @param {Scheme} scheme
 * @throws {HttpError}
 */
export function checkOrigin(request, authority, port, scheme) {
  const own = authorities(port, scheme);
  const host = request.headers.get('host') ?? [];
  if (host.length !== 1) throw new HttpError(400, 'Exactly one Host header is needed.');
  if (!own.has(host[0].toLowerCase()) || (authority !== null && !own.has(authority.toLowerCase()))) {
    throw new HttpError(421, 'This server is 127.0.0.1 or localhost.');
  }
  for (const origin of request.headers.get('origin') ?? []) {
    if (!origin.startsWith(scheme) || !own.has(origin.slice(scheme.length))) {
      throw new HttpError(403, 'Other origins are not served.');
    }
  }
  // A plain GET from another page (an image, a script, a link) has no Origin; browsers say here where it comes from.
  for (const site of request.headers.get('sec-fetch-site') ?? []) {
    if (site !== 'same-origin' && site !== 'none') throw new HttpError(403, 'Other sites are not served.');
  }
}

/**
 * Other programs and other users of this machine can reach the port too, and send any header they like: what changes
 * something needs the token. It is taken from the Authorization header only, because a page of another origin cannot
 * send that one without leave, and because addresses end up in histories and logs.
 *
 * @param {import('./http/parser.js').Request} request
 * @param {string} token
 * @throws {HttpError}
 */
export function checkToken(request, token) {
  const given = request.headers.get('authorization') ?? [];
  const match = given.length === 1 ? /^Bearer +(\S+)$/i.exec(given[0]) : null;
  if (!match || !equal(match[1], token)) {
    throw new HttpError(401, 'This needs "Authorization: Bearer <token>".', { 'WWW-Authenticate': 'Bearer' });
  }
}

/**
 * Compares in a time that does not tell how much of the secret was guessed right.
 *
 * @param {string} given
 * @param {string} secret
 */
export function equal(given, secret) {
  let difference = given.length ^ secret.length;
  for (let i = 0; i < secret.length; i++) {
    // Past its end `given` has NaN here, which counts as 0; the lengths differ then anyway.
    difference |= given.charCodeAt(i) ^ secret.charCodeAt(i);
  }
  return difference === 0;
}

/** 256 random bits in letters that need no escaping. */
export function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
