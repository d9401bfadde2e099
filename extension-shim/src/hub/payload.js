/** The bytes of one `send`, as they were when it was called. */

import { decodedLength, encode } from './base64.js';

/** The most that goes to the host in one message. */
export const CHUNK = 64 * 1024;

export class Payload {
  #text = '';
  /** @type {Uint8Array | undefined} */
  #bytes;

  /** @param {BufferSource} source Of a view only its range is taken. */
  constructor(source) {
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);
    this.length = bytes.length;
    // What goes out in one piece is encoded now, which saves a copy of it, and copying buffers is what a short send would
    // mostly be busy with. What is longer waits as it is, since its text would take a third more memory.
    if (bytes.length <= CHUNK) this.#text = encode(bytes);
    else this.#bytes = bytes.slice();
  }

  /**
   * @param {number} from
   * @param {number} to At most one chunk further; all or nothing of a payload that is one chunk.
   */
  base64(from, to) {
    if (this.#bytes) return encode(this.#bytes.subarray(from, to));
    if (from === to) return '';
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

/** The bytes of one `send` of a page, which come as base64 in pieces of one chunk each. */
export class PiecedPayload {
  /** @type {string[]} */
  #pieces = [];
  #here = 0;

  /** @param {number} length Of the whole, in bytes. */
  constructor(length) {
    this.length = length;
  }

  /**
   * @param {unknown} length
   * @param {unknown} first
   * @returns {PiecedPayload | undefined} Nothing when the first piece does not fit the length.
   */
  static of(length, first) {
    if (!Number.isSafeInteger(length) || /** @type {number} */ (length) < 0) return undefined;
    const payload = new PiecedPayload(/** @type {number} */ (length));
    return payload.add(first) ? payload : undefined;
  }

  /**
   * @param {unknown} text
   * @returns {boolean} Whether it is as long as the next piece has to be.
   */
  add(text) {
    const size = Math.min(CHUNK, this.length - this.#here);
    if (typeof text !== 'string' || text.length % 4 !== 0 || decodedLength(text) !== size) return false;
    this.#pieces.push(text);
    this.#here += size;
    return true;
  }

  get complete() {
    return this.#here === this.length;
  }

  /**
   * @param {number} from Where a chunk begins.
   * @param {number} to Where it ends; each is given once.
   */
  base64(from, to) {
    if (from === to) return '';
    const at = from / CHUNK;
    const text = /** @type {string} */ (this.#pieces[at]);
    this.#pieces[at] = '';
    return text;
  }
}
