import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { bindArguments } from '../src/api/arguments.js';
import { namespaces, signature } from '../src/api/signatures.js';
import { start } from '../testing/fake-host.js';

const cb = () => {};

/** What a call with these arguments puts on the wire. */
function bind(name, ...args) {
  const [space, method] = name.split('.');
  return bindArguments(signature(space, method, namespaces[space].methods[method].parameters), args);
}

const throws = (message, name, ...args) => assert.throws(() => bind(name, ...args), { name: 'TypeError', message });

const LISTEN =
  'Error in invocation of sockets.tcpServer.listen(integer socketId, string address, integer port, optional integer backlog, function callback): ';
const CONNECT =
  'Error in invocation of sockets.tcp.connect(integer socketId, string peerAddress, integer peerPort, optional sockets.tcp.DnsQueryType dnsQueryType, function callback): ';
const TCP_CREATE =
  'Error in invocation of sockets.tcp.create(optional sockets.tcp.SocketProperties properties, optional function callback): ';
const SERVER_CREATE =
  'Error in invocation of sockets.tcpServer.create(optional sockets.tcpServer.SocketProperties properties, optional function callback): ';
const NO_MATCH = 'No matching signature.';

let shim;
before(async () => {
  shim = await start();
});

test('B-01, B-30: a call without arguments throws at once, with the whole signature, and calls nobody', () => {
  assert.throws(() => shim.tcpServer.listen(), { name: 'TypeError', message: LISTEN + NO_MATCH });
  assert.equal(shim.hosts.length, 0);
});

test('B-03: a string is not an integer', () =>
  throws(LISTEN + NO_MATCH, 'tcpServer.listen', 1, '127.0.0.1', '8080', cb));

for (const [id, port] of [
  ['B-04', 8080.5],
  ['B-05', 2147483648],
  ['B-06', Number.NaN],
  ['B-06', Number.POSITIVE_INFINITY],
  ['B-05', -2147483649],
  ['B-03', 8080n],
  ['B-03', true],
  ['B-03', null],
  ['B-03', undefined],
  ['B-03', Symbol('8080')],
]) {
  test(`${id}: ${String(port)} is not an Int32`, () => {
    throws(LISTEN + NO_MATCH, 'tcpServer.listen', 1, '127.0.0.1', port, cb);
  });
}

test('Int32: the ends of the range, 8080.0 and -0 are integers', () => {
  for (const port of [2147483647, -2147483648, 8080.0, -0]) {
    assert.equal(JSON.stringify(bind('tcpServer.listen', 1, '::1', port, cb).params.port), JSON.stringify(port | 0));
  }
});

for (const [id, ...args] of [
  ['B-07', null, cb],
  ['B-08', undefined, cb],
  ['B-09', cb],
  ['B-24', null],
  ['B-24', undefined, undefined],
  ['B-24'],
]) {
  test(`${id}: listen with ${args.length} arguments behind the port leaves backlog absent`, () => {
    const { params, callback } = bind('tcpServer.listen', 1, '127.0.0.1', 0, ...args);
    assert.deepEqual(params, { socketId: 1, address: '127.0.0.1', port: 0 });
    assert.equal(callback, args.includes(cb) ? cb : undefined);
  });
}

test('a backlog that is given is passed on, with and without a callback', () => {
  assert.equal(bind('tcpServer.listen', 1, '::1', 0, 5).params.backlog, 5);
  const { params, callback } = bind('tcpServer.listen', 1, '::1', 0, 5, cb);
  assert.equal(params.backlog, 5);
  assert.equal(callback, cb);
});

test('B-10: an argument too many', () => {
  throws(LISTEN + NO_MATCH, 'tcpServer.listen', 1, '127.0.0.1', 0, 5, cb, 1);
  throws(/No matching signature\.$/, 'tcp.getSockets', cb, undefined);
});

test('a callback that is no function, and arguments in a wrong order', () => {
  throws(/No matching signature\.$/, 'tcp.close', 1, {});
  throws(/No matching signature\.$/, 'tcp.close', cb, 1);
  throws(LISTEN + NO_MATCH, 'tcpServer.listen', 1, '::1', 0, cb, 5);
});

test('B-11, B-12: an unknown property', () => {
  const unknown = (name) => `${SERVER_CREATE}Error at parameter 'properties': Unexpected property: '${name}'.`;
  throws(unknown('foo'), 'tcpServer.create', { foo: 1 }, cb);
  throws(unknown('foo'), 'tcpServer.create', { foo: undefined }, cb);
  throws(unknown('bufferSize'), 'tcpServer.create', { bufferSize: 1 }, cb);
  throws(unknown('toString'), 'tcpServer.create', { toString: 1 }, cb);
});

for (const [id, properties, name, expected, found] of [
  ['B-13', { name: 1 }, 'name', 'string', 'integer'],
  ['B-13', { name: 1.5 }, 'name', 'string', 'number'],
  ['B-13', { name: [] }, 'name', 'string', 'array'],
  ['B-13', { name: cb }, 'name', 'string', 'function'],
  ['B-13', { name: new ArrayBuffer(1) }, 'name', 'string', 'binary'],
  ['B-13', { name: {} }, 'name', 'string', 'object'],
  ['B-13', { name: 1n }, 'name', 'string', 'other'],
  ['B-13', { name: Symbol('x') }, 'name', 'string', 'other'],
  ['B-14', { persistent: 1 }, 'persistent', 'boolean', 'integer'],
  ['B-13', { bufferSize: 'x' }, 'bufferSize', 'integer', 'string'],
  ['B-13', { bufferSize: 4096.5 }, 'bufferSize', 'integer', 'number'],
  ['B-13', { bufferSize: false }, 'bufferSize', 'integer', 'boolean'],
]) {
  test(`${id}: property '${name}' expects ${expected}, found ${found}`, () => {
    const detail = `Error at parameter 'properties': Error at property '${name}': Invalid type: expected ${expected}, found ${found}.`;
    throws(TCP_CREATE + detail, 'tcp.create', properties, cb);
  });
}

test('B-15: properties that are undefined or null count as absent', () => {
  assert.deepEqual(bind('tcp.create', { name: undefined, bufferSize: null }, cb).params, { properties: {} });
});

test('B-16: create(null, cb), create(cb), create(null) and create() are all right', () => {
  for (const args of [[null, cb], [cb], [null], [undefined, undefined], []]) {
    assert.deepEqual(bind('tcp.create', ...args).params, {});
  }
});

test('update requires its properties, and arrays and functions are no dictionaries', () => {
  throws(/No matching signature\.$/, 'tcp.update', 1, cb);
  throws(/No matching signature\.$/, 'tcp.update', 1, null, cb);
  throws(/No matching signature\.$/, 'tcp.update', 1, [], cb);
  throws(/No matching signature\.$/, 'tcp.create', [], cb);
});

test('any other object will do for a dictionary, as far as its members go', () => {
  for (const object of [new ArrayBuffer(3), new Map(), /x/, Object.create({ inherited: 1 }), { [Symbol('x')]: 1 }]) {
    assert.deepEqual(bind('tcp.create', object, cb).params, { properties: {} });
  }
  throws(/Unexpected property: '0'\.$/, 'tcp.create', new Uint8Array(1), cb);
});

test('an error of a getter of the caller is its own', () => {
  const properties = {
    get name() {
      throw new RangeError('mine');
    },
  };
  assert.throws(() => bind('tcp.create', properties), { name: 'RangeError', message: 'mine' });
});

for (const [id, data] of [
  ['B-17', 'text'],
  ['B-18', [1, 2]],
  ['B-18', new Blob([])],
  ['B-18', new SharedArrayBuffer(1)],
  ['B-18', null],
]) {
  test(`${id}: send of ${Object.prototype.toString.call(data)} is refused`, () => {
    throws(
      'Error in invocation of sockets.tcp.send(integer socketId, binary data, function callback): No matching signature.',
      'tcp.send',
      1,
      data,
      cb,
    );
  });
}

const bytesOf = (payload) => [...Buffer.from(payload.base64(0, payload.length), 'base64')];

test('B-19: of a view only its range is taken, and it is copied at once', () => {
  const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6).buffer;
  for (const view of [new Uint8Array(buffer, 2, 3), new DataView(buffer, 2, 3)]) {
    const { data } = bind('tcp.send', 1, view, cb).params;
    new Uint8Array(buffer).fill(0);
    assert.deepEqual(bytesOf(data), [3, 4, 5]);
    new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6]);
  }
  assert.deepEqual(bytesOf(bind('tcp.send', 1, new Uint16Array(buffer, 2, 1), cb).params.data), [3, 4]);
  assert.deepEqual(bytesOf(bind('tcp.send', 1, buffer, cb).params.data), [1, 2, 3, 4, 5, 6]);
});

test('B-19: a buffer of another page is a buffer', () => {
  const { data } = bind('tcp.send', 1, runInNewContext('Uint8Array.of(7, 8).buffer'), cb).params;
  assert.deepEqual(bytesOf(data), [7, 8]);
});

test('B-20: an unknown query type', () => {
  const detail = "Error at parameter 'dnsQueryType': Value must be one of any, ipv4, ipv6.";
  throws(CONNECT + detail, 'tcp.connect', 1, 'h', 1, 'ipv5', cb);
  throws(CONNECT + NO_MATCH, 'tcp.connect', 1, 'h', 1, 4, cb);
});

test('B-21: the query type may be skipped', () => {
  for (const args of [[cb], [null, cb], [undefined, cb], []]) {
    assert.deepEqual(bind('tcp.connect', 1, 'h', 1, ...args).params, { socketId: 1, peerAddress: 'h', peerPort: 1 });
  }
  assert.equal(bind('tcp.connect', 1, 'h', 1, 'ipv4', cb).params.dnsQueryType, 'ipv4');
});

test('B-31: the enumeration stands on the namespace', () => {
  assert.deepEqual(shim.tcp.DnsQueryType, { ANY: 'any', IPV4: 'ipv4', IPV6: 'ipv6' });
});

test('every method of the API is there, and nothing else', () => {
  const methods = (space) => Object.keys(shim[space]).filter((name) => typeof shim[space][name] === 'function');
  const shared = ['create', 'update', 'setPaused', 'disconnect', 'close', 'getInfo', 'getSockets'];
  assert.deepEqual(methods('tcpServer').sort(), [...shared, 'listen', 'generateCertificate'].sort());
  assert.deepEqual(
    methods('tcp').sort(),
    [...shared, 'connect', 'send', 'setKeepAlive', 'setNoDelay', 'secure'].sort(),
  );
  // U-48: udp has no disconnect.
  const udp = ['bind', 'send', 'joinGroup', 'leaveGroup', 'getJoinedGroups', 'setBroadcast'];
  const options = ['setMulticastTimeToLive', 'setMulticastLoopbackMode'];
  assert.deepEqual(
    methods('udp').sort(),
    [...shared.filter((name) => name !== 'disconnect'), ...udp, ...options].sort(),
  );
});

test('half of a surrogate pair, which JSON readers refuse, goes out as U+FFFD, as from Chrome', async () => {
  const shim = await start();
  await shim.tcp.create({ name: 'a\ud83d' });
  await shim.tcp.update(1, { name: '\ude00\ud83d\ude00' });
  await shim.tcp.connect(1, '\ud83d.invalid', 7);
  const sent = (method) => shim.host.of(method).at(-1).params;
  assert.deepEqual(sent('sockets.tcp.create').properties, { name: 'a\ufffd' });
  assert.deepEqual(sent('sockets.tcp.update').properties, { name: '\ufffd\ud83d\ude00' });
  assert.equal(sent('sockets.tcp.connect').peerAddress, '\ufffd.invalid');
});
