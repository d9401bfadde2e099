/**
 * Stands in for `node:buffer` in the bundle (see build.mjs): undici's file with llhttp in it needs one function of it.
 */
export const Buffer = {
  /** @param {string} base64 */
  from: (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
};
