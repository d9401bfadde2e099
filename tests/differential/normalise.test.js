import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalise } from './extension/normalise.js';
import { Shown } from './extension/trace.js';

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/**
 * @param {import('./extension/trace.js').Namespace} namespace
 * @param {string} method
 * @param {unknown[]} args
 * @param {number} [nth]
 * @returns {import('./extension/trace.js').Call}
 */
const call = (namespace, method, args, nth = 1) => ({ namespace, method, args, nth });

/**
 * @param {import('./extension/trace.js').Call} call
 * @param {unknown[]} results
 * @param {string} [lastError]
 * @returns {import('./extension/trace.js').CalledBack}
 */
const callback = (call, results, lastError) => ({ kind: 'callback', call, results, lastError });

/**
 * @param {import('./extension/trace.js').Namespace} namespace
 * @param {string} event
 * @param {object} info
 * @returns {import('./extension/trace.js').Event}
 */
const event = (namespace, event, info) => ({ kind: 'event', namespace, event, info });

const created = (/** @type {import('./extension/trace.js').Namespace} */ namespace, /** @type {number} */ socketId) =>
  callback(call(namespace, 'create', [new Shown('callback')]), [{ socketId }]);

test('sockets are named as they appear, whatever their numbers', () => {
  const trace = (/** @type {number[]} */ [server = 0, first = 0, second = 0]) => [
    created('tcpServer', server),
    created('tcp', first),
    event('tcpServer', 'onAccept', { socketId: server, clientSocketId: second }),
    callback(call('tcp', 'close', [second]), []),
  ];
  assert.deepEqual(normalise(trace([5, 6, 7])), normalise(trace([1, 1, 40])));
  assert.deepEqual(normalise(trace([5, 6, 7])), [
    ['accepted 1', ['close calls back ()']],
    ['script', ['tcpServer.create calls back ({socketId: server 1})', 'tcp.create calls back ({socketId: tcp 1})']],
    ['server 1', ['onAccept {clientSocketId: accepted 1}']],
  ]);
});

test('a number that no socket has stays as it is, one of the other namespace is called so', () => {
  const lines = normalise([
    created('tcpServer', 3),
    callback(call('tcp', 'getInfo', [3]), [], 'Socket not found'),
    callback(call('tcp', 'getInfo', [99]), [], 'Socket not found'),
  ]);
  assert.deepEqual(
    lines.map(([stream]) => stream),
    ['script', 'tcp without a name: 99', 'the number of server 1'],
  );
});

test('data is joined until something else happens to that socket', () => {
  const lines = normalise([
    created('tcp', 1),
    created('tcp', 2),
    event('tcp', 'onReceive', { socketId: 1, data: bytes('a') }),
    event('tcp', 'onReceive', { socketId: 2, data: bytes('x') }),
    event('tcp', 'onReceive', { socketId: 1, data: bytes('bc') }),
    callback(call('tcp', 'getInfo', [1]), []),
    event('tcp', 'onReceive', { socketId: 1, data: bytes('d') }),
  ]);
  assert.deepEqual(Object.fromEntries(lines)['tcp 1'], ['onReceive "abc"', 'getInfo calls back ()', 'onReceive "d"']);
});

test('an onReceive with more than its data is shown as it is', () => {
  const lines = normalise([created('tcp', 1), event('tcp', 'onReceive', { socketId: 1, data: bytes('a'), more: 1 })]);
  assert.deepEqual(Object.fromEntries(lines)['tcp 1'], ['onReceive {data: "a", more: 1}']);
});

test('long data is told by length and checksum, and one byte makes a difference', () => {
  const of = (/** @type {Uint8Array} */ data) =>
    Object.fromEntries(normalise([created('tcp', 1), event('tcp', 'onReceive', { socketId: 1, data })]))['tcp 1']?.[0];
  const data = new Uint8Array(5000);
  const before = of(data);
  assert.match(String(before), /^onReceive 5000 bytes \([0-9a-f]{8}\)$/);
  data[4000] = 1;
  assert.notEqual(of(data), before);
});

test('ports: a named one by its name, free ones alike, and members in one order', () => {
  const info = { peerPort: 4000, localPort: 50_123, socketId: 1, connected: true };
  const lines = normalise([created('tcp', 1), callback(call('tcp', 'getInfo', [1]), [info])], new Map([[4000, 'P']]));
  assert.deepEqual(Object.fromEntries(lines)['tcp 1'], [
    'getInfo calls back ({connected: true, localPort: a port, peerPort: P, socketId: tcp 1})',
  ]);
  const listen = call('tcpServer', 'listen', [7, '127.0.0.1', 4000, 4000]);
  assert.deepEqual(normalise([{ kind: 'call', call: listen }], new Map([[4000, 'P']])), [
    ['tcpServer without a name: 7', ['listen(id, "127.0.0.1", P, 4000)']],
  ]);
});

test('a callback without arguments, with undefined, and with a value beside lastError are three things', () => {
  const of = (/** @type {unknown[]} */ results) =>
    normalise([callback(call('tcpServer', 'listen', [9], 2), results, 'net::ERR_FAILED')])[0]?.[1];
  assert.deepEqual(of([]), ['listen#2 calls back () with lastError "net::ERR_FAILED"']);
  assert.deepEqual(of([undefined]), ['listen#2 calls back (undefined) with lastError "net::ERR_FAILED"']);
  assert.deepEqual(of([-2]), ['listen#2 calls back (-2) with lastError "net::ERR_FAILED"']);
});

test('what is thrown and what a promise rejects with: class, text, and own members', () => {
  const listen = call('tcpServer', 'listen', []);
  const error = Object.assign(new Error('net::ERR_FAILED'), { resultCode: -2 });
  assert.deepEqual(
    normalise([
      { kind: 'threw', call: listen, error: new TypeError('no') },
      { kind: 'returned', call: listen, value: Promise.resolve() },
      { kind: 'rejected', call: listen, error },
    ]),
    [
      [
        'script',
        [
          'tcpServer.listen throws TypeError: no',
          'tcpServer.listen returns a promise',
          'tcpServer.listen rejects with Error: net::ERR_FAILED {resultCode: -2}',
        ],
      ],
    ],
  );
});

test('getSockets is in no order, and names clients that nobody was told of', () => {
  const of = (/** @type {number[]} */ ids) =>
    normalise([callback(call('tcp', 'getSockets', []), [ids.map((socketId) => ({ socketId }))])]);
  assert.deepEqual(of([7, 5]), of([5, 7]));
  assert.deepEqual(of([7, 5]), [
    ['script', ['tcp.getSockets calls back ([{socketId: accepted 1}, {socketId: accepted 2}])']],
  ]);
});

test('datagrams are not joined, and the ports of udp sockets have their names', () => {
  const send = call('udp', 'send', [4, new Shown('2 bytes'), '127.0.0.1', 4000]);
  const from = (/** @type {string} */ text, /** @type {number} */ remotePort) =>
    event('udp', 'onReceive', { socketId: 4, data: bytes(text), remoteAddress: '::1', remotePort });
  const lines = normalise(
    [created('udp', 4), { kind: 'call', call: send }, from('a', 4000), from('b', 5000)],
    new Map([[4000, 'P']]),
  );
  assert.deepEqual(Object.fromEntries(lines)['udp 1'], [
    'send(id, 2 bytes, "127.0.0.1", P)',
    'onReceive {data: "a", remoteAddress: "::1", remotePort: P}',
    'onReceive {data: "b", remoteAddress: "::1", remotePort: a port}',
  ]);
});
