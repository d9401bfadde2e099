import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Credit, costOf } from '../src/hub/credit.js';
import { Hub } from '../src/hub/hub.js';
import { silence, start, task } from '../testing/fake-host.js';

const KIB = 1024;
/** What the port may owe before it is acked. */
const STEP = 256 * KIB;

async function receiving({ sockets = 1, listener = () => {} } = {}) {
  const shim = await start();
  const ids = [];
  for (let count = 0; count < sockets; count += 1) ids.push((await shim.tcp.create()).socketId);
  if (listener) shim.tcp.onReceive.addListener(listener);
  return { ...shim, host: shim.host, ids };
}

test('a port that owes 256 KiB is acked, and one that owes less is not', async () => {
  const { host, ids } = await receiving();
  host.receive(ids[0], new Uint8Array(STEP - 1024));
  await task();
  assert.deepEqual(host.acks, []);
  host.receive(ids[0], new Uint8Array(1024));
  await task();
  assert.deepEqual(host.acks, [{ port: STEP, accepts: 0, sockets: [[ids[0], STEP]] }]);
});

test('counters are cumulative', async () => {
  const { host, ids } = await receiving();
  for (let round = 1; round <= 3; round += 1) {
    host.receive(ids[0], new Uint8Array(STEP));
    await task();
    assert.deepEqual(host.acks.at(-1), { port: round * STEP, accepts: 0, sockets: [[ids[0], round * STEP]] });
  }
});

test('what many sockets are owed adds up', async () => {
  const { host, ids } = await receiving({ sockets: 5 });
  for (const id of ids.slice(0, 4)) host.receive(id, new Uint8Array(60 * KIB));
  await task();
  assert.deepEqual(host.acks, []);
  host.receive(ids[4], new Uint8Array(16 * KIB));
  await task();
  const sockets = ids.map((id, at) => [id, (at < 4 ? 60 : 16) * KIB]);
  assert.deepEqual(host.acks, [{ port: STEP, accepts: 0, sockets }]);
});

test('a small event costs 1 KiB', async () => {
  const { host, ids } = await receiving();
  for (let count = 0; count < 255; count += 1) host.receive(ids[0], [1]);
  await task();
  assert.deepEqual(host.acks, []);
  host.receive(ids[0], [1]);
  await task();
  assert.deepEqual(host.acks, [{ port: STEP, accepts: 0, sockets: [[ids[0], STEP]] }]);
  assert.equal(costOf(0), 1024);
  assert.equal(costOf(1025), 1025);
});

test('accepts are acked at 64', async () => {
  const { host, tcpServer } = await receiving();
  const { socketId } = await tcpServer.create();
  for (let client = 0; client < 63; client += 1) {
    host.event('sockets.tcpServer.onAccept', { socketId, clientSocketId: 100 + client });
  }
  await task();
  assert.deepEqual(host.acks, []);
  host.event('sockets.tcpServer.onAccept', { socketId, clientSocketId: 200 });
  await task();
  assert.deepEqual(host.acks, [{ port: 0, accepts: 64, sockets: [] }]);
});

test('an event that nobody listens for is consumed at once', async () => {
  const { host, ids } = await receiving({ listener: null });
  host.receive(ids[0], new Uint8Array(STEP));
  await task();
  assert.equal(host.acks.length, 1);
});

test('an event whose listener throws is consumed, and so is one that is not base64', async (t) => {
  silence(t, 'error');
  const { host, ids } = await receiving({
    listener: () => {
      throw new Error('mine');
    },
  });
  host.receive(ids[0], new Uint8Array(STEP));
  host.event('sockets.tcp.onReceive', { socketId: ids[0], data: '*'.repeat(400_000) });
  await task();
  assert.equal(host.acks.length, 2);
});

test('an event is consumed after its last slice, not before', async () => {
  let slices = 0;
  const shim = await receiving({
    listener: () => {
      slices += 1;
      assert.deepEqual(shim.host.acks, []);
    },
  });
  shim.host.receive(shim.ids[0], new Uint8Array(STEP));
  await task();
  assert.equal(slices, 64);
  assert.equal(shim.host.acks.length, 1);
});

test('a listener that returns a promise is not waited for', async () => {
  const { host, ids } = await receiving({ listener: () => new Promise(() => {}) });
  host.receive(ids[0], new Uint8Array(STEP));
  await task();
  assert.equal(host.acks.length, 1);
});

test('acks do not wait for the end of a long batch', async () => {
  const { host, ids, tcp } = await receiving();
  const acksAt = [];
  tcp.onReceive.addListener(() => acksAt.push(host.acks.length));
  const data = Buffer.alloc(STEP).toString('base64');
  const message = { event: 'sockets.tcp.onReceive', params: { socketId: ids[0], data }, slice: STEP };
  host.send([message, message, message]);
  await task();
  assert.deepEqual(acksAt, [0, 1, 2]);
});

test('a closed socket gives its port credit back, and no counter of its own', () => {
  const credit = new Credit();
  const socket = { id: 7, consumed: 0, acked: 0, closed: false };
  credit.received(200 * KIB, socket);
  socket.closed = true;
  credit.received(60 * KIB, socket);
  assert.equal(credit.due, true);
  assert.deepEqual(credit.take(), { port: 260 * KIB, accepts: 0, sockets: [] });
  assert.equal(credit.due, false);
});

test('an ack names the sockets that are owed something, and no closed one', async () => {
  const { host, ids, tcp } = await receiving({ sockets: 3 });
  const [acked, closed, other] = ids;
  host.receive(acked, new Uint8Array(STEP));
  host.receive(closed, new Uint8Array(200 * KIB));
  await tcp.close(closed);
  host.receive(other, new Uint8Array(STEP));
  await task();
  assert.deepEqual(
    host.acks.map(({ sockets }) => sockets.map(([id]) => id)),
    [[acked], [other]],
  );
});

/** A hub on a bare transport, with contexts of the test's own. */
async function bareHub(...contexts) {
  const posted = [];
  const transport = { post: (frame) => posted.push(...[frame].flat()), onmessage() {}, onclose() {}, close() {} };
  const hub = new Hub({ connect: () => transport, manifest: () => ({ sockets: {} }) });
  for (const context of contexts) hub.contexts.add(context);
  hub.call({ method: 'sockets.tcp.create', params: {}, settle() {} });
  await task();
  transport.onmessage({ id: 2, result: { socketId: 1 } });
  const data = Buffer.alloc(STEP).toString('base64');
  return {
    hub,
    receive: () => transport.onmessage({ event: 'sockets.tcp.onReceive', params: { socketId: 1, data } }),
    acks: () => posted.filter(({ method }) => method === 'host.ack').length,
    end: () => transport.onclose('the end'),
  };
}

test('an event is consumed when the last of several contexts has finished it', async () => {
  const held = [];
  const { receive, acks, end } = await bareHub(
    { deliver: (delivery) => delivery.release() },
    { deliver: (delivery) => held.push(delivery) },
  );
  receive();
  assert.equal(acks(), 0);
  held[0].release();
  assert.equal(acks(), 1);
  end();
});

test('a context that goes away in mid-dispatch holds nothing up', async () => {
  const held = [];
  const leaving = { deliver: (delivery) => held.push(delivery) };
  const { hub, receive, acks, end } = await bareHub({ deliver: (delivery) => delivery.release() }, leaving);
  receive();
  receive();
  assert.equal(acks(), 0);
  hub.contexts.delete(leaving);
  for (const delivery of held) delivery.release();
  assert.equal(acks(), 2);
  receive();
  assert.equal(acks(), 3);
  end();
});

test('with no context at all an event is consumed at once', async () => {
  const { receive, acks, end } = await bareHub();
  receive();
  assert.equal(acks(), 1);
  end();
});
