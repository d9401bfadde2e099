/** The bytes of one `send`, as they were when it was called. */

import { encode } from './base64.js';

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
