/** Standard padded base64, natively where the browser has it. */

// String.fromCharCode takes its characters as arguments, of which an engine allows only so many.
const BLOCK = 8192;

/** @param {Uint8Array} bytes */
export function encodeByHand(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += BLOCK) {
    text += String.fromCharCode(...bytes.subarray(at, at + BLOCK));
  }
  return btoa(text);
}

/** @param {string} text */
export function decodeByHand(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/** @type {(bytes: Uint8Array) => string} */
export const encode = 'toBase64' in Uint8Array.prototype ? (bytes) => bytes.toBase64() : encodeByHand;

/** @type {(text: string) => Uint8Array<ArrayBuffer>} Throws when the text is not base64. */
export const decode = 'fromBase64' in Uint8Array ? (text) => Uint8Array.fromBase64(text) : decodeByHand;

/**
 * How many bytes a padded base64 text stands for, without decoding it.
 *
 * @param {string} text
 */
export function decodedLength(text) {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}
