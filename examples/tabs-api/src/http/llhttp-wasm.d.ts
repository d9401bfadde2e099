declare module 'undici/lib/llhttp/llhttp-wasm.js' {
  /** The program. */
  const wasm: Uint8Array<ArrayBuffer>;
  export default wasm;
}
