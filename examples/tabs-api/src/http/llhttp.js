// The HTTP parser is llhttp, the one inside Node's own server, in the WebAssembly build that undici (Node's own client)
// carries. We looked at what else runs in a worker: http-parser-js takes what is not HTTP for HTTP (bare LF, broken
// header lines, `Content-Length: 0x10`, a length beside `Transfer-Encoding`), which is how requests are smuggled;
// milo and llhttp-wasm have had one release each in a year. undici is released every few weeks by Node's maintainers.
// The file is not part of undici's documented surface, so the lock file pins it and our tests would see it change.
import wasm from 'undici/lib/llhttp/llhttp-wasm.js';

/** llhttp's error numbers that are no errors to us. */
export const PAUSED = 21;
export const PAUSED_UPGRADE = 22;
const TYPE_REQUEST = 1;

/**
 * @typedef {object} Callbacks what a parser is told; a number other than 0 stops it with that error
 * @property {() => number} onBegin
 * @property {(bytes: Uint8Array) => number} onTarget
 * @property {(bytes: Uint8Array) => number} onName
 * @property {(bytes: Uint8Array) => number} onValue
 * @property {(keepAlive: boolean) => number} onHeaders
 * @property {(length: number) => number} onBody
 * @property {() => number} onComplete
 */

/** Every live parser by its address in WebAssembly memory. @type {Map<number, Callbacks>} */
const parsers = new Map();

/** @param {number} parser */
const of = (parser) => /** @type {Callbacks} */ (parsers.get(parser));

/** @type {any} the functions llhttp exports */
const llhttp = new WebAssembly.Instance(new WebAssembly.Module(wasm), {
  env: {
    wasm_on_message_begin: (/** @type {number} */ p) => of(p).onBegin(),
    wasm_on_url: (/** @type {number} */ p, /** @type {number} */ at, /** @type {number} */ length) =>
      of(p).onTarget(view(at, length)),
    wasm_on_status: () => 0,
    wasm_on_header_field: (/** @type {number} */ p, /** @type {number} */ at, /** @type {number} */ length) =>
      of(p).onName(view(at, length)),
    wasm_on_header_value: (/** @type {number} */ p, /** @type {number} */ at, /** @type {number} */ length) =>
      of(p).onValue(view(at, length)),
    wasm_on_headers_complete: (
      /** @type {number} */ p,
      /** @type {number} */ _status,
      /** @type {number} */ _upgrade,
      /** @type {number} */ keepAlive,
    ) => of(p).onHeaders(keepAlive === 1),
    wasm_on_body: (/** @type {number} */ p, /** @type {number} */ _at, /** @type {number} */ length) =>
      of(p).onBody(length),
    wasm_on_message_complete: (/** @type {number} */ p) => of(p).onComplete(),
  },
}).exports;

// One input buffer serves all parsers, because parsing is synchronous and no callback parses.
const INPUT_SIZE = 64 * 1024;
const input = llhttp.malloc(INPUT_SIZE);

/**
 * @param {number} at
 * @param {number} length
 */
function view(at, length) {
  return new Uint8Array(llhttp.memory.buffer, at, length);
}

/**
 * @param {Callbacks} callbacks
 * @returns {number} the parser, to be given back with `release`
 */
export function allocate(callbacks) {
  const parser = llhttp.llhttp_alloc(TYPE_REQUEST);
  parsers.set(parser, callbacks);
  return parser;
}

/** @param {number} parser */
export function release(parser) {
  if (parsers.delete(parser)) llhttp.llhttp_free(parser);
}

/**
 * Feeds at most `INPUT_SIZE` bytes.
 *
 * @param {number} parser
 * @param {Uint8Array} bytes
 * @returns {{errno: number, consumed: number}}
 */
export function execute(parser, bytes) {
  const part = bytes.subarray(0, INPUT_SIZE);
  view(input, part.length).set(part);
  const errno = llhttp.llhttp_execute(parser, input, part.length);
  const consumed = errno === 0 ? part.length : llhttp.llhttp_get_error_pos(parser) - input;
  if (errno === PAUSED) llhttp.llhttp_resume(parser);
  return { errno, consumed };
}

/** @param {number} parser */
export const methodOf = (parser) => text(llhttp.llhttp_method_name(llhttp.llhttp_get_method(parser)));

/** @param {number} parser */
export const versionOf = (parser) => ({
  major: llhttp.llhttp_get_http_major(parser),
  minor: llhttp.llhttp_get_http_minor(parser),
});

/** @param {number} errno */
export const errorName = (errno) => text(llhttp.llhttp_errno_name(errno));

/** @param {number} at the address of a C string */
function text(at) {
  const memory = new Uint8Array(llhttp.memory.buffer);
  return String.fromCharCode(...memory.subarray(at, memory.indexOf(0, at)));
}
