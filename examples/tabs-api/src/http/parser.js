import { allocate, errorName, execute, methodOf, PAUSED, PAUSED_UPGRADE, release, versionOf } from './llhttp.js';

/** A request that cannot be served, and the status that says so. */
export class HttpError extends Error {
  /**
   * @param {number} status
   * @param {string} message for the client to read
   * @param {Record<string, string>} [headers] what this status calls for, such as `Allow`
   */
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} target as it came, not decoded
 * @property {0 | 1} minor 0 for HTTP/1.0
 * @property {Map<string, string[]>} headers by name in lower case, each with all its values
 * @property {boolean} keepAlive whether the client will send another request on this connection
 */

/** llhttp's number for "the callback says stop"; any number would do that is not one of its pauses. */
const STOP = -1;

const WRONG_VERSION = 'This server speaks HTTP/1.0 and HTTP/1.1.';

/**
 * Reads requests from the bytes of one connection, one request at a time.
 * After each request it stops, so that pipelined requests wait as bytes and are answered in order.
 */
export class RequestParser {
  #parser = allocate(this.#callbacks());
  #limits;
  #onHead;
  /** @type {Request | null} */
  #request = null;
  /** @type {HttpError | null} */
  #error = null;
  #target = '';
  /** @type {[string, string][]} */
  #headers = [];
  #headerBytes = 0;
  #inValue = false;
  #bodyBytes = 0;
  #complete = false;

  /**
   * @param {import('../limits.js').Limits} limits
   * @param {(request: Request) => void} onHead called before the body is read; what it throws ends the connection
   */
  constructor(limits, onHead) {
    this.#limits = limits;
    this.#onHead = onHead;
  }

  /** Whether a request has begun that is not complete. */
  begun = false;

  /**
   * @param {Uint8Array} bytes
   * @returns {{consumed: number, request: Request | null}} the request if its last byte was among the bytes
   * @throws {HttpError}
   */
  push(bytes) {
    this.#complete = false;
    const { errno, consumed } = execute(this.#parser, bytes);
    if (this.#error) throw this.#error;
    if (errno !== 0 && errno !== PAUSED && errno !== PAUSED_UPGRADE) throw syntaxError(errorName(errno));
    return { consumed, request: this.#complete ? this.#request : null };
  }

  /** Gives the parser's memory back. It must not be used afterwards. */
  free() {
    release(this.#parser);
  }

  /** @returns {import('./llhttp.js').Callbacks} */
  #callbacks() {
    return {
      onBegin: () => {
        this.begun = true;
        this.#request = null;
        this.#target = '';
        this.#headers = [];
        this.#headerBytes = 0;
        this.#bodyBytes = 0;
        this.#inValue = false;
        return 0;
      },
      onTarget: (bytes) => {
        this.#target += latin1(bytes);
        if (this.#target.length > this.#limits.target) return this.#stop(414, 'The address is too long.');
        return this.#count(bytes.length);
      },
      onName: (bytes) => {
        // Trailers of a chunked body come here too. They count, and nobody looks at them: the request has its headers.
        if (this.#inValue || this.#headers.length === 0) this.#headers.push(['', '']);
        this.#inValue = false;
        if (this.#headers.length > this.#limits.headerCount) return this.#stop(431, 'There are too many headers.');
        this.#last()[0] += latin1(bytes).toLowerCase();
        return this.#count(bytes.length);
      },
      onValue: (bytes) => {
        this.#inValue = true;
        this.#last()[1] += latin1(bytes);
        return this.#count(bytes.length);
      },
      onHeaders: (keepAlive) => this.#head(keepAlive),
      onBody: (length) => {
        this.#bodyBytes += length;
        return this.#bodyBytes > this.#limits.body ? this.#stop(413, 'The body is too long.') : 0;
      },
      onComplete: () => {
        this.begun = false;
        this.#complete = true;
        return PAUSED;
      },
    };
  }

  #last() {
    return this.#headers[this.#headers.length - 1];
  }

  /** @param {boolean} keepAlive */
  #head(keepAlive) {
    /** @type {Map<string, string[]>} */
    const headers = new Map();
    for (const [name, value] of this.#headers) headers.set(name, [...(headers.get(name) ?? []), value.trim()]);
    const { major, minor } = versionOf(this.#parser);
    // llhttp lets 0.9 and 2.0 pass.
    if (major !== 1) return this.#stop(505, WRONG_VERSION);
    const length = headers.get('content-length');
    const encoding = headers.get('transfer-encoding');
    // llhttp refuses these two itself. They are what request smuggling is made of, so a change there must not let them in.
    if (length && (encoding || length.length > 1)) return this.#stop(400, 'The length of the body is ambiguous.');
    if (encoding && minor === 0) return this.#stop(400, 'HTTP/1.0 has no Transfer-Encoding.');
    if (Number(length?.[0] ?? 0) > this.#limits.body) return this.#stop(413, 'The body is too long.');
    // A request to upgrade may be ignored; then the connection must not be used for anything else afterwards.
    const upgrade = headers.has('upgrade') || methodOf(this.#parser) === 'CONNECT';
    this.#request = {
      method: methodOf(this.#parser),
      target: this.#target,
      minor,
      headers,
      keepAlive: keepAlive && !upgrade,
    };
    try {
      this.#onHead(this.#request);
      return 0;
    } catch (error) {
      this.#error = error instanceof HttpError ? error : new HttpError(500, 'Something went wrong.');
      return STOP;
    }
  }

  /** @param {number} bytes */
  #count(bytes) {
    this.#headerBytes += bytes;
    return this.#headerBytes > this.#limits.headers ? this.#stop(431, 'The headers are too long.') : 0;
  }

  /**
   * @param {number} status
   * @param {string} message
   */
  #stop(status, message) {
    this.#error = new HttpError(status, message);
    return STOP;
  }
}

/** @param {Uint8Array} bytes at most 64 KiB, which is fine as an argument list */
const latin1 = (bytes) => String.fromCharCode(...bytes);

/** @param {string} name llhttp's name for what is wrong */
function syntaxError(name) {
  if (name === 'HPE_INVALID_VERSION' || name === 'HPE_PAUSED_H2_UPGRADE') {
    return new HttpError(505, WRONG_VERSION);
  }
  if (name === 'HPE_INVALID_METHOD') return new HttpError(501, 'The method is not known.');
  return new HttpError(400, `This is not a valid HTTP request (${name.replace(/^HPE_/, '')}).`);
}
