/**
 * Checks the arguments of a call as Chrome's bindings do, before anything leaves the context.
 * A mistake throws a `TypeError` with Chrome's text at once; no callback is called then.
 */

import { Payload } from '../hub/payload.js';
import { namedType } from './signatures.js';

/** @typedef {import('./signatures.js').Signature} Signature */
/** @typedef {import('./signatures.js').Parameter} Parameter */
/** @typedef {(...results: unknown[]) => void} Callback */

const byteLength = /** @type {(this: unknown) => number} */ (
  Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get
);

/**
 * `instanceof` is wrong for a buffer made in another page of the extension, so this asks for the internal slot.
 *
 * @param {unknown} value
 * @returns {value is ArrayBuffer}
 */
function isArrayBuffer(value) {
  // Most of what is asked for is a callback, and a "no" by an exception takes longer than the rest of a call.
  if (typeof value !== 'object') return false;
  try {
    byteLength.call(value);
    return true;
  } catch {
    return false;
  }
}

/** @param {unknown} value */
const isInt32 = (value) => typeof value === 'number' && value === (value | 0);

/**
 * Half of a surrogate pair is not text to JSON readers: a whole frame, with the calls of others, would fail over it. Chrome's
 * bindings replace it too.
 *
 * @param {unknown} value
 */
const wellFormed = (value) => (typeof value === 'string' ? value.replace(/\p{Surrogate}/gu, '\ufffd') : value);

/** @param {unknown} value */
const isAbsent = (value) => value === undefined || value === null;

/**
 * Chrome's word for the type of a value, in the order in which Chrome asks.
 *
 * @param {unknown} value
 */
function typeWord(value) {
  if (value === null) return 'null';
  if (isInt32(value)) return 'integer';
  if (Array.isArray(value)) return 'array';
  if (ArrayBuffer.isView(value) || isArrayBuffer(value)) return 'binary';
  return typeof value === 'bigint' || typeof value === 'symbol' ? 'other' : typeof value;
}

/** @param {string} type */
const isList = (type) => type.endsWith('[]');

/**
 * Whether a value has the basic type that a parameter or property asks for; enumerations count as strings and
 * dictionaries as objects here.
 *
 * @param {string} type
 * @param {unknown} value
 */
function hasBasicType(type, value) {
  const named = namedType(type);
  const found = typeWord(value);
  if (!named) return found === (isList(type) ? 'array' : type);
  // Any object but an array or a function will do for a dictionary, buffers included.
  return Array.isArray(named) ? found === 'string' : found === 'object' || found === 'binary';
}

/**
 * Lays the arguments over the parameters. Optional parameters in the middle may be left out altogether, so this tries
 * to use each argument and otherwise skips the parameter.
 *
 * @param {Parameter[]} parameters
 * @param {unknown[]} args
 * @returns {unknown[] | undefined} One value per parameter, or nothing when no reading fits.
 */
function match(parameters, args) {
  const [parameter, ...rest] = parameters;
  if (!parameter) return args.length === 0 ? [] : undefined;
  const [value, ...others] = args;
  // The callback can always be left out: the call returns a promise then.
  const optional = parameter.optional || parameter.type === 'function';
  if (args.length > 0 && (hasBasicType(parameter.type, value) || (optional && isAbsent(value)))) {
    const matched = match(rest, others);
    if (matched) return [value, ...matched];
  }
  if (!optional) return undefined;
  const matched = match(rest, args);
  return matched && [undefined, ...matched];
}

/**
 * @param {import('./signatures.js').Dictionary} dictionary
 * @param {object} value
 * @returns {Record<string, unknown>} A copy without the members that count as absent.
 */
function readDictionary(dictionary, value) {
  /** @type {Record<string, unknown>} */
  const result = {};
  for (const [name, member] of Object.entries(value)) {
    const declared = Object.hasOwn(dictionary, name) ? dictionary[name] : undefined;
    if (declared === undefined) throw `Unexpected property: '${name}'.`;
    if (isAbsent(member)) continue;
    try {
      result[name] = readMember(declared.replace('optional ', ''), member);
    } catch (detail) {
      throw typeof detail === 'string' ? `Error at property '${name}': ${detail}` : detail;
    }
  }
  for (const [name, declared] of Object.entries(dictionary)) {
    if (!declared.startsWith('optional ') && !(name in result)) throw `Missing required property '${name}'.`;
  }
  return result;
}

/**
 * Reads what stands inside of a dictionary or a list. Throws the detail text when it is not right.
 *
 * @param {string} type
 * @param {unknown} value
 * @returns {unknown}
 */
function readMember(type, value) {
  if (!hasBasicType(type, value)) {
    throw `Invalid type: expected ${isList(type) ? 'array' : type}, found ${typeWord(value)}.`;
  }
  if (!isList(type)) return read(type, value);
  return Array.from(/** @type {unknown[]} */ (value), (item, index) => {
    try {
      return readMember(type.slice(0, -2), item);
    } catch (detail) {
      throw typeof detail === 'string' ? `Error at index ${index}: ${detail}` : detail;
    }
  });
}

/**
 * Turns a value of the right basic type into what goes on the wire. Throws the detail text when it is not right.
 *
 * @param {string} type
 * @param {unknown} value
 * @returns {unknown}
 */
function read(type, value) {
  const named = namedType(type);
  // What the caller does to the buffer afterwards has no effect.
  if (type === 'binary') return new Payload(/** @type {BufferSource} */ (value));
  if (!named) return wellFormed(value);
  if (!Array.isArray(named)) {
    return readDictionary(/** @type {import('./signatures.js').Dictionary} */ (named), /** @type {object} */ (value));
  }
  if (!named.includes(/** @type {string} */ (value))) throw `Value must be one of ${named.join(', ')}.`;
  return value;
}

/**
 * Checks a call's arguments and names them.
 *
 * @param {Signature} signature
 * @param {unknown[]} args
 * @returns {{params: Record<string, unknown>, callback: Callback | undefined}} Absent arguments are left out of
 *   `params`; `binary` ones become a `Payload`.
 */
export function bindArguments(signature, args) {
  /** @param {string} detail */
  const fail = (detail) => new TypeError(`Error in invocation of ${signature.name}(${signature.text}): ${detail}`);
  const values = match(signature.parameters, args);
  if (!values) throw fail('No matching signature.');
  const callback = /** @type {Callback | undefined} */ (values.pop() ?? undefined);
  /** @type {Record<string, unknown>} */
  const params = {};
  for (const [index, value] of values.entries()) {
    const { name, type } = /** @type {Parameter} */ (signature.parameters[index]);
    if (isAbsent(value)) continue;
    try {
      params[name] = read(type, value);
    } catch (detail) {
      // A getter of the caller's object may throw too; that error is the caller's own and passes through.
      throw typeof detail === 'string' ? fail(`Error at parameter '${name}': ${detail}`) : detail;
    }
  }
  return { params, callback };
}
