import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from '../src/hub/outbox.js';
import { Payload } from '../src/hub/payload.js';
import { called, random, start, task } from '../testing/fake-host.js';

const KIB = 1024;
const MIB = 1024 * KIB;

const sizeOf = ({ params }) => Buffer.from(params.data, 'base64').length;
const bytesOf = (messages) => Buffer.concat(messages.map(({ params }) => Buffer.from(params.data, 'base64')));
function pattern(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at * 31 + (at >> 8);
  return bytes;
}

/** A shim whose host takes sends and answers none by itself. */
async function sending() {
  const shim = await start({ handlers: { 'sockets.tcp.send': () => undefined } });
  await shim.tcp.create();
  await shim.tcp.create();
  return { ...shim, host: shim.host, sends: () => shim.host.of('sockets.tcp.send') };
}

/** Settles what is still open, so that no promise is left to fail when the host goes. */
const ignore = (promise) => promise.catch(() => {});

test('a send of up to 64 KiB is one message', async () => {
  const { tcp, host, sends } = await sending();
  const data = pattern(64 * KIB);
  const sent = tcp.send(1, data);
  await task();
  assert.equal(sends().length, 1);
  assert.equal('more' in sends()[0], false);
  assert.deepEqual(bytesOf(sends()), Buffer.from(data));
  host.reply(sends()[0], { result: { resultCode: 0, bytesSent: data.length } });
  assert.deepEqual(await sent, { resultCode: 0, bytesSent: 64 * KIB });
});

test('a longer send is split; all chunks have one id, all but the last say more', async () => {
  const { tcp, sends } = await sending();
  const data = pattern(150_000);
  ignore(tcp.send(1, data));
  await task();
  assert.deepEqual(
    sends().map((message) => [message.id === sends()[0].id, message.more, sizeOf(message)]),
    [
      [true, true, 65536],
      [true, true, 65536],
      [true, undefined, 18928],
    ],
  );
  assert.deepEqual(bytesOf(sends()), Buffer.from(data));
});

test('a length that is a multiple of 64 KiB ends with a full chunk, and an empty send is one empty message', async () => {
  const { tcp, sends } = await sending();
  ignore(tcp.send(1, new Uint8Array(128 * KIB)));
  ignore(tcp.send(1, new Uint8Array(0)));
  await task();
  assert.deepEqual(
    sends().map((message) => [message.more, sizeOf(message)]),
    [
      [true, 65536],
      [undefined, 65536],
      [undefined, 0],
    ],
  );
});

test('T-51: what is sent is what the buffer held at the call', async () => {
  const { tcp, sends } = await sending();
  const data = pattern(100_000);
  const copy = Buffer.from(data);
  ignore(tcp.send(1, data));
  data.fill(0);
  await task();
  assert.deepEqual(bytesOf(sends()), copy);
});

test('long sends of two sockets take turns', async () => {
  const { tcp, sends } = await sending();
  ignore(tcp.send(1, new Uint8Array(4 * 65536)));
  ignore(tcp.send(2, new Uint8Array(3 * 65536)));
  await task();
  assert.deepEqual(
    sends().map(({ params }) => params.socketId),
    [1, 2, 1, 2, 1, 2, 1],
  );
});

test('calls go ahead of chunks, also of those asked for earlier', async () => {
  const { tcp, host } = await sending();
  const before = host.messages.length;
  ignore(tcp.send(1, new Uint8Array(200_000)));
  await tcp.getSockets();
  assert.deepEqual(
    host.messages.slice(before).map(({ method }) => method),
    ['sockets.tcp.getSockets', ...Array(4).fill('sockets.tcp.send')],
  );
});

test('short sends keep their place among the calls: what is sent before close is sent', async () => {
  const { tcp, host } = await sending();
  const before = host.messages.length;
  ignore(tcp.send(1, new Uint8Array(10)));
  ignore(tcp.send(1, new Uint8Array(20)));
  await tcp.close(1);
  assert.deepEqual(
    host.messages.slice(before).map(({ method }) => method.split('.').at(-1)),
    ['send', 'send', 'close'],
  );
});

test('frames stay small', async () => {
  const { tcp, host } = await sending();
  const before = host.frames.length;
  for (let count = 0; count < 2000; count += 1) ignore(tcp.send(1 + (count % 2), new Uint8Array(100)));
  ignore(tcp.send(1, new Uint8Array(MIB)));
  await task();
  const frames = host.frames.slice(before).map((frame) => [frame].flat());
  assert.equal(frames.flat().length, 2016);
  for (const frame of frames) {
    const payload = frame.reduce((sum, message) => sum + sizeOf(message), 0);
    assert.ok(payload <= 128 * KIB && frame.length <= 1024, `${payload} bytes in ${frame.length} messages`);
  }
});

test('at most 4 MiB are un-acked; an ack lets as much follow as it says', async () => {
  const { tcp, host, sends } = await sending();
  const total = () => sends().reduce((sum, message) => sum + sizeOf(message), 0);
  ignore(tcp.send(1, new Uint8Array(6 * MIB)));
  await task();
  assert.equal(total(), 4 * MIB);
  ignore(tcp.send(2, new Uint8Array(1)));
  await task();
  assert.equal(total(), 4 * MIB, 'a short send waits too');
  host.event('host.ack', { bytes: 256 * KIB });
  await task();
  assert.equal(total(), 4 * MIB + 256 * KIB - 65535, 'one turn is the byte of the other socket');
  host.event('host.ack', { bytes: 100 });
  await task();
  assert.equal(total(), 4 * MIB + 256 * KIB - 65535, 'an ack that runs backwards changes nothing');
  host.event('host.ack', { bytes: 99 * MIB });
  await task();
  assert.equal(total(), 6 * MIB + 1);
  host.event('host.ack', { bytes: 99 * MIB });
  ignore(tcp.send(1, new Uint8Array(5 * MIB)));
  await task();
  assert.equal(total(), 10 * MIB + 1, 'an ack of more than was sent counts as all that was sent');
});

test('calls pass a closed window', async () => {
  const { tcp } = await sending();
  ignore(tcp.send(1, new Uint8Array(5 * MIB)));
  assert.deepEqual(await tcp.getSockets(), []);
});

test('after an early failure an empty last chunk ends the row, and no more of it is sent', async () => {
  const { tcp, host, sends } = await sending();
  const sent = called(tcp.send, 1, new Uint8Array(6 * MIB));
  await task();
  const count = sends().length;
  host.reply(sends()[0], { error: { message: 'net::ERR_FAILED', code: -2 }, result: { resultCode: -2 } });
  assert.deepEqual(await sent, { results: [{ resultCode: -2 }], lastError: 'net::ERR_FAILED' });
  await task();
  assert.equal(sends().length, count + 1);
  const last = sends().at(-1);
  assert.equal(last.id, sends()[0].id);
  assert.equal(last.params.data, '');
  assert.equal('more' in last, false);
  host.event('host.ack', { bytes: 4 * MIB });
  await task();
  assert.equal(sends().length, count + 1);
});

for (const method of ['close', 'disconnect']) {
  test(`${method} cuts the sends that are still here: one begun ends behind it, the others fail with -15`, async () => {
    const error = { message: 'net::ERR_SOCKET_NOT_CONNECTED', code: -15 };
    const failed = { error, result: { resultCode: -15 } };
    // As the real host: what it has begun to take is answered before the call that ends it.
    const handlers = {
      'sockets.tcp.send': () => undefined,
      [`sockets.tcp.${method}`]: () => {
        shim.host.reply(sends()[0], failed);
        return { result: null };
      },
    };
    const shim = await start({ handlers });
    const { tcp } = shim;
    const sends = () => shim.host.of('sockets.tcp.send');
    await tcp.create();
    const { host } = shim;
    const order = [];
    const begun = called(tcp.send, 1, new Uint8Array(6 * MIB)).finally(() => order.push('begun'));
    const waiting = called(tcp.send, 1, new Uint8Array(10)).finally(() => order.push('waiting'));
    await task();
    const count = host.messages.length;
    const done = tcp[method](1).finally(() => order.push(method));
    await Promise.all([begun, waiting, done]);
    for (const send of [begun, waiting]) {
      assert.deepEqual(await send, { results: [{ resultCode: -15 }], lastError: error.message });
    }
    assert.deepEqual(order, ['begun', 'waiting', method]);
    const [call, end, ...rest] = host.messages.slice(count);
    assert.equal(call.method, `sockets.tcp.${method}`);
    assert.deepEqual(end, { id: sends()[0].id, method: 'sockets.tcp.send', params: { socketId: 1, data: '' } });
    assert.deepEqual(rest, []);
    host.event('host.ack', { bytes: 4 * MIB });
    await task();
    assert.equal(host.messages.length, count + 2);
  });
}

test('close of a listening socket cuts no send', async () => {
  const { tcp, tcpServer, host, sends } = await sending();
  ignore(tcp.send(1, new Uint8Array(6 * MIB)));
  await tcpServer.close(1);
  host.event('host.ack', { bytes: 4 * MIB });
  await task();
  assert.equal(bytesOf(sends()).length, 6 * MIB);
});

test('T-50: more than 200 MiB on their way: Exceeded write quota, without arguments and before the socket is looked up', async () => {
  const { tcp, host, sends } = await sending();
  const half = new Uint8Array(100 * MIB);
  const first = called(tcp.send, 1, half);
  ignore(tcp.send(2, half));
  const refused = { results: [], lastError: 'Exceeded write quota.' };
  assert.deepEqual(await called(tcp.send, 9999, new Uint8Array(1)), refused);
  assert.equal(
    sends().some(({ params }) => params.socketId === 9999),
    false,
  );
  assert.deepEqual(await tcp.getSockets(), [], 'other calls are not concerned');
  host.reply(sends()[0], { error: { message: 'net::ERR_FAILED', code: -2 }, result: { resultCode: -2 } });
  await first;
  ignore(tcp.send(2, half));
  assert.deepEqual(await called(tcp.send, 2, new Uint8Array(1)), refused, 'it is given back once, not more');
});

test('a caller that tries again at once when it is refused does not keep the answers of the host from being read', async () => {
  const { tcp, host, sends } = await sending();
  const first = called(tcp.send, 1, new Uint8Array(200 * MIB));
  let tries = 0;
  const done = new Promise((resolve) => {
    const again = () => {
      tries += 1;
      tcp.send(2, new Uint8Array(1), () => (chrome.runtime.lastError ? again() : resolve()));
    };
    again();
  });
  while (tries < 3) await task();
  host.reply(sends()[0], { result: { resultCode: 0, bytesSent: 1 } });
  await first;
  host.event('host.ack', { bytes: 4 * MIB });
  const isSecond = ({ params }) => params.socketId === 2;
  while (!sends().some(isSecond)) await task();
  host.reply(sends().find(isSecond), { result: { resultCode: 0, bytesSent: 1 } });
  await done;
});

test('chunks: whole, in order, contiguous per socket and within the window, for random sends and acks', async () => {
  const seed = Date.now() % 1e6;
  console.log(`seed ${seed}`);
  const next = random(seed);
  for (let round = 0; round < 30; round += 1) {
    let sent = 0;
    let acked = 0;
    const wire = [];
    const transport = { post: (frame) => wire.push(...[frame].flat()) };
    const outbox = new Outbox(transport, { takeAck: () => undefined, refuse: () => assert.fail('nothing is refused') });
    const window = (64 + next(256)) * KIB;
    outbox.window = window;
    const calls = Array.from({ length: 1 + next(12) }, (_, at) => {
      const socketId = 1 + next(3);
      const bytes = pattern(next(3) ? next(300 * KIB) : next(100));
      const params = { socketId, data: new Payload(bytes) };
      return { id: at + 1, method: 'sockets.tcp.send', params, settle() {}, bytes };
    });
    let counted = 0;
    const waiting = [...calls];
    while (wire.filter(({ more }) => !more).length < calls.length) {
      for (let count = next(4); count > 0 && waiting.length > 0; count -= 1) outbox.add(waiting.shift());
      await null;
      await null;
      while (counted < wire.length) {
        sent += sizeOf(wire[counted]);
        counted += 1;
      }
      assert.ok(sent - acked <= window, `round ${round}: ${sent - acked} un-acked of ${window}`);
      acked += next(sent - acked + 1);
      if (next(3) === 0) acked = sent;
      outbox.acked(acked);
    }
    for (const socketId of [1, 2, 3]) {
      const mine = wire.filter(({ params }) => params.socketId === socketId);
      const expected = calls.filter(({ params }) => params.socketId === socketId);
      // The ids in the order of their last chunks are the order of the calls, and no row is interrupted.
      const rows = [];
      for (const message of mine) {
        if (rows.at(-1)?.open) assert.equal(message.id, rows.at(-1).id);
        else rows.push({ id: message.id, messages: [] });
        rows.at(-1).messages.push(message);
        rows.at(-1).open = message.more === true;
      }
      assert.deepEqual(
        rows.map(({ id }) => id),
        expected.map(({ id }) => id),
      );
      for (const [at, { messages, open }] of rows.entries()) {
        assert.equal(open, false);
        assert.ok(messages.every((message) => sizeOf(message) <= 65536));
        assert.ok(bytesOf(messages).equals(expected[at].bytes));
      }
    }
  }
});
