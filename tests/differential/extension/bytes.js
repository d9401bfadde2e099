/** Bytes for both sides: made from their length, and told in a few words, so that none travel between the processes. */

/**
 * @param {number} length
 * @param {number} [seed] another seed, other bytes
 * @returns {Uint8Array} bytes that show when some are missing, doubled or in the wrong place
 */
export function pattern(length, seed = 0) {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 7 + (i >>> 8) * 13 + (i >>> 16) * 29 + seed;
  return bytes;
}

/** @param {string | number | Uint8Array} what text, or the length of a pattern */
export function toBytes(what) {
  if (typeof what === 'number') return pattern(what);
  return typeof what === 'string' ? new TextEncoder().encode(what) : what;
}

/** @param {readonly Uint8Array[]} pieces */
export function concat(pieces) {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} short printable text as it is, all else by its length and an FNV-1a checksum
 */
export function describe(bytes) {
  if (bytes.length <= 64 && bytes.every((byte) => byte >= 32 && byte < 127)) {
    return JSON.stringify(new TextDecoder().decode(bytes));
  }
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return `${bytes.length} bytes (${(sum >>> 0).toString(16).padStart(8, '0')})`;
}
