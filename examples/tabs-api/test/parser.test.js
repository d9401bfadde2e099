import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError, RequestParser } from '../src/http/parser.js';
import { defaultLimits } from '../src/limits.js';

/**
 * @param {string} text
 * @param {number} step how many bytes come at once
 */
function parse(text, step = text.length) {
  const parser = new RequestParser(defaultLimits, () => {});
  try {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 0; at < bytes.length; at += step) {
      const { request } = parser.push(bytes.subarray(at, at + step));
      if (request) return request;
    }
    return null;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  } finally {
    parser.free();
  }
}

const head = 'GET / HTTP/1.1\r\n';

/** What could make two readers see two different requests, or is plainly not HTTP. @type {[string, string, number][]} */
const refused = [
  ['both lengths', `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['both lengths, the other way round', `${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`, 400],
  ['two lengths', `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  ['the same length twice', `${head}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, 400],
  ['a list of lengths', `${head}Content-Length: 3, 3\r\n\r\nabc`, 400],
  ['a signed length', `${head}Content-Length: +3\r\n\r\nabc`, 400],
  ['a length in hex', `${head}Content-Length: 0x3\r\n\r\nabc`, 400],
  ['an empty length', `${head}Content-Length:\r\n\r\n`, 400],
  ['a transfer coding that is not chunked', `${head}Transfer-Encoding: gzip\r\n\r\n`, 400],
  ['chunked not last', `${head}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 400],
  ['a misspelt chunked', `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
  ['chunked in HTTP/1.0', 'GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['a chunk size with 0x', `${head}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`, 400],
  ['a chunk size with a space', `${head}Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n`, 400],
  ['a chunk that is longer than it says', `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n`, 400],
  ['a space before the colon', `${head}Host : a\r\n\r\n`, 400],
  ['a folded header', `${head}Host: a\r\n b\r\n\r\n`, 400],
  ['a header without a name', `${head}: a\r\n\r\n`, 400],
  ['a NUL in a header', `${head}A: b\0c\r\n\r\n`, 400],
  ['a bare CR in a header', `${head}A: b\rc\r\n\r\n`, 400],
  ['a bare LF', `${head}A: b\n\r\n`, 400],
  ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n', 400],
  ['no version', 'GET /\r\n\r\n', 505],
  ['HTTP/0.9', 'GET / HTTP/0.9\r\n\r\n', 505],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\n\r\n', 505],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['an unknown method', 'FETCH / HTTP/1.1\r\n\r\n', 501],
  ['TLS', '\x16\x03\x01\x02\0\x01', 501],
  ['a long target', `GET /${'a'.repeat(defaultLimits.target)} HTTP/1.1\r\n\r\n`, 414],
  ['long headers', `${head}A: ${'a'.repeat(defaultLimits.headers)}\r\n\r\n`, 431],
  ['many headers', `${head}${'A: b\r\n'.repeat(defaultLimits.headerCount + 1)}\r\n`, 431],
  [
    'long trailers',
    `${head}Transfer-Encoding: chunked\r\n\r\n0\r\nA: ${'a'.repeat(defaultLimits.headers)}\r\n\r\n`,
    431,
  ],
  ['a long body', `${head}Content-Length: ${defaultLimits.body + 1}\r\n\r\n`, 413],
  ['a body of 2^64', `${head}Content-Length: 18446744073709551616\r\n\r\n`, 400],
];

for (const [name, text, status] of refused) {
  test(`${name}: ${status}`, () => {
    assert.equal(parse(text), status);
    assert.equal(parse(text, 1), status, 'byte by byte');
  });
}

test('headers are the same however the bytes are cut', () => {
  const text = `${head}Host: h\r\nEmpty:\r\nBlank:  \r\nPadded:  x y \t\r\nTwice: 1\r\ntwice: 2\r\nHigh: \xe9\r\n\r\n`;
  for (const step of [1, 2, 3, 7, text.length]) {
    const request = parse(text, step);
    assert.ok(request && typeof request === 'object');
    assert.deepEqual(Object.fromEntries(request.headers), {
      host: ['h'],
      empty: [''],
      blank: [''],
      padded: ['x y'],
      twice: ['1', '2'],
      high: ['\xe9'],
    });
  }
});

test('trailers are not headers', () => {
  const request = parse(`${head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nHost: evil\r\n\r\n`);
  assert.ok(request && typeof request === 'object');
  assert.equal(request.headers.has('host'), false);
});
