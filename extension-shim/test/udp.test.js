import assert from 'node:assert/strict';
import { test } from 'node:test';
import { called, silence, start, task } from '../testing/fake-host.js';

const KIB = 1024;
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** A shim with one bound udp socket, whose host answers no send by itself. */
async function bound() {
  const shim = await start({ handlers: { 'sockets.udp.send': () => undefined } });
  const { socketId } = await shim.udp.create({ bufferSize: 65536 });
  await shim.udp.bind(socketId, '127.0.0.1', 0);
  const events = [];
  shim.udp.onReceive.addListener((info) => events.push(info));
  const receive = (bytes, more) =>
    shim.host.send({
      event: 'sockets.udp.onReceive',
      params: { socketId, data: base64(bytes), remoteAddress: '::1', remotePort: 7 },
      ...more,
    });
  return { ...shim, host: shim.host, socketId, events, receive, sends: () => shim.host.of('sockets.udp.send') };
}

test('U-10: of a typed array only its range is sent, with address, port and query type', async () => {
  const { udp, host, socketId, sends } = await bound();
  const view = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3);
  const sent = udp.send(socketId, view, 'localhost', 7, 'ipv4');
  await task();
  assert.deepEqual(sends()[0].params, {
    socketId,
    data: base64([2, 3]),
    address: 'localhost',
    port: 7,
    dnsQueryType: 'ipv4',
  });
  host.reply(sends()[0], { result: { resultCode: 0, bytesSent: 2 } });
  assert.deepEqual(await sent, { resultCode: 0, bytesSent: 2 });
});

test('U-16: an empty datagram is a datagram, both ways', async () => {
  const { udp, socketId, sends, receive, events } = await bound();
  udp.send(socketId, new ArrayBuffer(0), '127.0.0.1', 7, () => {});
  await task();
  assert.deepEqual([sends().length, sends()[0].params.data], [1, '']);
  receive([]);
  await task();
  assert.equal(events[0].data.byteLength, 0);
});

test('U-17: an event has the datagram, whole, and its sender', async () => {
  const { socketId, receive, events } = await bound();
  const bytes = new Uint8Array(60_000).map((_, at) => at * 7);
  receive(bytes);
  await task();
  assert.equal(events.length, 1, 'a datagram is not sliced');
  const [{ data, ...rest }] = events;
  assert.ok(data instanceof ArrayBuffer);
  assert.deepEqual(new Uint8Array(data), bytes);
  assert.deepEqual(rest, { socketId, remoteAddress: '::1', remotePort: 7 });
});

test('U-14: of what no datagram can hold one chunk goes out, in one message, for the host to refuse', async () => {
  const { udp, host, socketId, sends } = await bound();
  const sent = called(udp.send, socketId, new Uint8Array(1024 * KIB), '127.0.0.1', 7);
  await task();
  assert.equal(sends().length, 1);
  assert.equal('more' in sends()[0], false);
  assert.equal(Buffer.from(sends()[0].params.data, 'base64').length, 64 * KIB);
  const error = { message: 'net::ERR_MSG_TOO_BIG', code: -142 };
  host.reply(sends()[0], { error, result: { resultCode: -142 } });
  assert.deepEqual(await sent, { lastError: error.message, results: [{ resultCode: -142 }] });
});

test('the write quota is one for tcp and udp, and counts the whole of what is to be sent', async () => {
  const { tcp, udp, socketId } = await bound();
  const { socketId: stream } = await tcp.create();
  tcp.send(stream, new Uint8Array(150 * KIB * KIB), () => void chrome.runtime.lastError);
  const refused = await called(udp.send, socketId, new Uint8Array(51 * KIB * KIB), '127.0.0.1', 7);
  assert.deepEqual(refused, { lastError: 'Exceeded write quota.', results: [] });
});

test('datagrams count as credit, small ones 1 KiB', async () => {
  const { host, socketId, receive } = await bound();
  receive(new Uint8Array(255 * KIB));
  await task();
  assert.deepEqual(host.acks, []);
  receive([1]);
  await task();
  assert.deepEqual(host.acks, [{ port: 256 * KIB, accepts: 0, sockets: [[socketId, 256 * KIB]] }]);
});

test('when the host is gone every bound socket says -2', async (t) => {
  silence(t, 'error');
  const { udp, host, socketId } = await bound();
  await udp.create();
  const errors = [];
  udp.onReceiveError.addListener((info) => errors.push(info));
  host.exit();
  await task();
  assert.deepEqual(errors, [{ socketId, resultCode: -2 }]);
});

test('what is not allowed is explained on the console', async (t) => {
  const said = [];
  t.mock.method(console, 'warn', (text) => said.push(text));
  const denial = { error: { message: 'App does not have permission' } };
  const handlers = { 'sockets.udp.bind': () => denial, 'sockets.udp.joinGroup': () => denial };
  const { udp } = await start({ handlers });
  const { socketId } = await udp.create();
  await assert.rejects(udp.bind(socketId, '0.0.0.0', 7), { message: denial.error.message });
  await assert.rejects(udp.joinGroup(socketId, '224.0.0.251'), { message: denial.error.message });
  assert.match(said[0], /--allow-udp-bind <host:port>$/);
  assert.match(said[1], /--allow-multicast$/);
});

test('the enumeration stands on the namespace', async () => {
  const { udp } = await start();
  assert.deepEqual(udp.DnsQueryType, { ANY: 'any', IPV4: 'ipv4', IPV6: 'ipv6' });
});
