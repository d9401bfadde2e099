/**
 * @typedef {object} Response
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string} body
 */

/** @type {Record<number, string>} */
const reasons = {
  200: 'OK',
  201: 'Created',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
};

/**
 * What every answer carries. Nothing may be loaded, framed, cached, sniffed or read by another origin; there are no
 * `Access-Control-*` headers anywhere, so that the browser keeps other pages out.
 */
const securityHeaders = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/**
 * @param {number} status
 * @param {unknown} value
 * @param {Record<string, string>} [headers]
 * @returns {Response}
 */
export function json(status, value, headers = {}) {
  const body = `${JSON.stringify(value, null, 2)}\n`;
  return { status, headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers }, body };
}

/**
 * @param {import('./parser.js').HttpError} error
 * @returns {Response}
 */
export const errorResponse = (error) => json(error.status, { error: error.message }, error.headers);

/**
 * The bytes of an answer. All of it goes out in one `send`, so answers cannot mix.
 *
 * @param {Response} response
 * @param {{head: boolean, keepAlive: boolean}} options `head` leaves the body out and keeps its length
 * @returns {ArrayBuffer}
 */
export function serialize(response, options) {
  const body = new TextEncoder().encode(response.body);
  const headers = {
    ...securityHeaders,
    ...response.headers,
    Date: new Date().toUTCString(),
    'Content-Length': String(body.length),
    Connection: options.keepAlive ? 'keep-alive' : 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const start = `HTTP/1.1 ${response.status} ${reasons[response.status]}\r\n${lines.join('')}\r\n`;
  const head = new TextEncoder().encode(start);
  const bytes = new Uint8Array(head.length + (options.head ? 0 : body.length));
  bytes.set(head);
  if (!options.head) bytes.set(body, head.length);
  return bytes.buffer;
}

/** Tells a client that waits with its body (`Expect: 100-continue`) to go on. */
export const goOn = () => /** @type {ArrayBuffer} */ (new TextEncoder().encode('HTTP/1.1 100 Continue\r\n\r\n').buffer);
