import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled, startExtension } from '../testing/fake-extension.js';
import { called, silence, task } from '../testing/fake-host.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const STEP = 256 * KIB;
const NO_HUB =
  'The background of this extension does not answer: import chrome-sockets at the top level of the background script, too.';
const STOPPED = 'The background of this extension has stopped, and its sockets with it.';

/** All that a context hears, in order. */
function hear({ tcp, tcpServer }, trace = []) {
  tcpServer.onAccept.addListener(({ clientSocketId }) => trace.push(`accept ${clientSocketId}`));
  tcpServer.onAcceptError.addListener(({ socketId, resultCode }) =>
    trace.push(`acceptError ${socketId} ${resultCode}`),
  );
  tcp.onReceive.addListener(({ socketId, data }) => trace.push(`receive ${socketId} ${data.byteLength}`));
  tcp.onReceiveError.addListener(({ socketId, resultCode }) => trace.push(`receiveError ${socketId} ${resultCode}`));
  return trace;
}

test('pages and background use the same sockets: one host, one row of ids', async () => {
  const extension = await startExtension();
  const [a, b] = [await extension.page(), await extension.page()];
  assert.equal(extension.ports.length, 0, 'nothing is opened before it is needed');
  assert.deepEqual(await a.tcp.create({ name: 'mine' }), { socketId: 1 });
  assert.deepEqual(await b.tcpServer.create(), { socketId: 2 });
  assert.deepEqual(await extension.background.tcp.create(), { socketId: 3 });
  assert.deepEqual(extension.host.of('sockets.tcp.create')[0].params, { properties: { name: 'mine' } });
  assert.equal(extension.background.hosts.length, 1);
  assert.equal(extension.ports.length, 2);
});

test('in a page, too: callbacks, lastError while they run, promises, type errors at once', async (t) => {
  const lines = silence(t, 'error');
  const refused = { error: { message: 'net::ERR_ADDRESS_IN_USE', code: -147 }, result: -147 };
  const extension = await startExtension({ handlers: { 'sockets.tcpServer.listen': () => refused } });
  const { tcp, tcpServer } = await extension.page();
  await tcpServer.create();
  assert.deepEqual(await called(tcpServer.listen, 1, '127.0.0.1', 1), {
    results: [-147],
    lastError: 'net::ERR_ADDRESS_IN_USE',
  });
  assert.equal(globalThis.chrome.runtime.lastError, undefined);
  await assert.rejects(tcpServer.listen(1, '127.0.0.1', 1), { message: 'net::ERR_ADDRESS_IN_USE', resultCode: -147 });
  const before = extension.host.messages.length;
  assert.throws(() => tcp.send('1', new ArrayBuffer(1)), TypeError);
  assert.deepEqual(await called(tcp.close, 1), { results: [], lastError: undefined });
  assert.equal(extension.host.messages.length, before + 1);
  assert.deepEqual(lines, []);
});

test('T-88: every context gets each event that it listens to, once, and no other', async () => {
  const extension = await startExtension();
  const [a, b, c] = [await extension.page(), await extension.page(), await extension.page()];
  const heard = { background: hear(extension.background), a: hear(a), b: [] };
  b.tcp.onReceiveError.addListener(({ socketId }) => heard.b.push(socketId));
  await c.tcpServer.create();
  await c.tcpServer.listen(1, '127.0.0.1', 0);
  await settled();
  extension.host.event('sockets.tcpServer.onAccept', { socketId: 1, clientSocketId: 2 });
  extension.host.receive(2, new Uint8Array(5000));
  extension.host.event('sockets.tcp.onReceiveError', { socketId: 2, resultCode: -100 });
  await settled();
  const all = ['accept 2', 'receive 2 4096', 'receive 2 904', 'receiveError 2 -100'];
  assert.deepEqual(heard, { background: all, a: all, b: [2] });
  const events = extension.ports.map(({ background }) => background.posted.filter(({ event }) => event).length);
  assert.deepEqual(events, [3, 1, 0], 'data does not go where nobody listens');
});

test('listen and unlisten go with the first and the last listener of an event', async () => {
  const extension = await startExtension();
  const { tcp } = await extension.page();
  const [one, two] = [() => {}, () => {}];
  tcp.onReceive.removeListener(one);
  tcp.onReceive.addListener(one);
  tcp.onReceive.addListener(one);
  tcp.onReceive.addListener(two);
  tcp.onReceive.removeListener(one);
  tcp.onReceive.addListener('not a function');
  await settled();
  tcp.onReceive.removeListener(two);
  tcp.onReceive.removeListener(two);
  await settled();
  assert.deepEqual(extension.ports[0].page.posted, [
    { listen: 'sockets.tcp.onReceive' },
    { unlisten: 'sockets.tcp.onReceive' },
  ]);
  extension.background.tcp.create();
  await settled();
  extension.host.receive(1, [1]);
  await settled();
  assert.deepEqual(extension.ports[0].background.posted, [{ hello: 1 }]);
});

test('a listener is announced before the call that comes after it', async () => {
  const extension = await startExtension();
  const { tcp } = await extension.page();
  const { socketId } = await tcp.create();
  const trace = [];
  tcp.onReceive.addListener(({ data }) => trace.push(data.byteLength));
  tcp.setPaused(socketId, false, () => trace.push('resumed'));
  await settled();
  assert.deepEqual(extension.ports[0].page.posted.slice(1), [
    { listen: 'sockets.tcp.onReceive' },
    { id: 2, method: 'sockets.tcp.setPaused', params: { socketId, paused: false } },
  ]);
});

for (const method of ['setPaused', 'close', 'disconnect']) {
  test(`in a page the reply of ${method} comes behind the slices that came before it`, async () => {
    const extension = await startExtension({ handlers: { [`sockets.tcp.${method}`]: () => undefined } });
    const page = await extension.page();
    const { socketId } = await page.tcp.create();
    const trace = hear(page);
    page.tcp[method](socketId, ...(method === 'setPaused' ? [true] : []), () => trace.push('reply'));
    await settled();
    const [{ id }] = extension.host.of(`sockets.tcp.${method}`);
    const data = Buffer.alloc(9000).toString('base64');
    extension.host.send([
      { event: 'sockets.tcp.onReceive', params: { socketId, data } },
      { id, result: null },
    ]);
    await settled();
    assert.deepEqual(trace, ['receive 1 4096', 'receive 1 4096', 'receive 1 808', 'reply']);
  });
}

test('calls of one microtask, and replies and events of one frame, each go in one message', async () => {
  const extension = await startExtension();
  const page = await extension.page();
  await page.tcp.getSockets();
  const [{ page: mine, background }] = extension.ports;
  const [out, back] = [mine.posts, background.posts];
  await Promise.all(Array.from({ length: 50 }, () => page.tcp.create()));
  assert.equal(mine.posts - out, 1);
  assert.ok(background.posts - back <= 50);
  const trace = hear(page);
  await settled();
  const before = background.posts;
  const data = Buffer.from([1]).toString('base64');
  extension.host.send(
    Array.from({ length: 100 }, () => ({ event: 'sockets.tcp.onReceive', params: { socketId: 1, data } })),
  );
  await settled();
  assert.equal(trace.length, 100);
  assert.equal(background.posts - before, 1);
});

test('credit: an event is consumed when the page says so', async () => {
  const extension = await startExtension();
  const page = await extension.page();
  await page.tcp.create();
  const trace = hear(page);
  await settled();
  extension.host.receive(1, new Uint8Array(STEP));
  await task();
  assert.deepEqual(extension.host.acks, [], 'it is still on its way');
  await settled();
  assert.equal(trace.length, 64);
  assert.deepEqual(extension.host.acks, [{ port: STEP, accepts: 0, sockets: [[1, STEP]] }]);
});

test('credit: a page that is blocked holds the credit of what it listens to, and only that', async () => {
  const extension = await startExtension();
  const blocked = extension.connect({ name: 'chrome-sockets/1' });
  blocked.postMessage({ listen: 'sockets.tcp.onReceive' });
  const busy = await extension.page();
  const { socketId } = await busy.tcpServer.create();
  hear(busy);
  await settled();
  extension.host.receive(1, new Uint8Array(STEP));
  for (let client = 0; client < 64; client += 1) {
    extension.host.event('sockets.tcpServer.onAccept', { socketId, clientSocketId: 100 + client });
  }
  await settled();
  assert.deepEqual(extension.host.acks, [{ port: 0, accepts: 64, sockets: [] }]);
  blocked.postMessage({ consumed: 2 });
  await settled();
  assert.equal(extension.host.acks.length, 1, 'more than there was is no number of events');
  blocked.postMessage({ consumed: 1 });
  await settled();
  assert.equal(extension.host.acks.at(-1).port, STEP);
});

test('credit: a page without a listener holds nothing back', async () => {
  const extension = await startExtension();
  const page = await extension.page();
  await page.tcp.create();
  await settled();
  extension.host.receive(1, new Uint8Array(STEP));
  assert.equal(extension.host.acks.length, 1);
});

test('DESIGN 5.3: a page that goes away in mid-flow gives all credit back, and its sockets go on', async () => {
  const extension = await startExtension();
  const leaving = await extension.page();
  const { socketId } = await leaving.tcp.create();
  await leaving.tcp.connect(socketId, 'localhost', 7);
  const staying = hear(await extension.page());
  // It hears, but never gets to tell.
  leaving.tcp.onReceive.addListener(() => {});
  await settled();
  const { page } = extension.ports[0];
  page.postMessage = () => {};
  for (let count = 0; count < 4; count += 1) extension.host.receive(socketId, new Uint8Array(64 * KIB));
  await settled();
  assert.equal(staying.length, 64);
  assert.deepEqual(extension.host.acks, []);
  page.disconnect();
  await settled();
  assert.deepEqual(extension.host.acks, [{ port: STEP, accepts: 0, sockets: [[socketId, STEP]] }]);
  extension.host.receive(socketId, new Uint8Array(STEP));
  await settled();
  assert.equal(extension.host.acks.at(-1).port, 2 * STEP);
  assert.equal(staying.length, 128);
  assert.deepEqual(extension.host.of('sockets.tcp.close'), [], 'closing a page closes nothing');
  assert.deepEqual(extension.host.of('host.bye'), []);
});

test('what waits for a page that is gone is dropped; the calls themselves are made', async () => {
  const extension = await startExtension({ handlers: { 'sockets.tcp.connect': () => undefined } });
  const { tcp } = await extension.page();
  const { socketId } = await tcp.create();
  tcp.connect(socketId, 'localhost', 7).catch(() => {});
  await settled();
  extension.ports[0].page.disconnect();
  await settled();
  const [request] = extension.host.of('sockets.tcp.connect');
  extension.host.reply(request, { result: 0 });
  await settled();
  const seen = hear(extension.background);
  extension.host.receive(socketId, [1]);
  await settled();
  assert.deepEqual(seen, ['receive 1 1']);
});

test('a send of any size arrives as it was, in pieces of 64 KiB', async () => {
  const handlers = { 'sockets.tcp.send': () => ({ result: { resultCode: 0, bytesSent: 0 } }) };
  const extension = await startExtension({ handlers });
  const page = await extension.page();
  await page.tcp.create();
  const sent = [];
  for (const length of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    const data = Uint8Array.from({ length }, (_, at) => at * 31 + (at >> 8));
    sent.push({ data: Buffer.from(data), done: page.tcp.send(1, data) });
    data.fill(0);
  }
  await Promise.all(sent.map(({ done }) => done));
  const sends = extension.host.of('sockets.tcp.send');
  for (const [at, id] of [...new Set(sends.map((message) => message.id))].entries()) {
    const pieces = sends.filter((message) => message.id === id);
    assert.deepEqual(Buffer.concat(pieces.map(({ params }) => Buffer.from(params.data, 'base64'))), sent[at].data);
    assert.ok(pieces.every(({ params }) => params.socketId === 1 && Object.keys(params).length === 2));
    assert.deepEqual(
      pieces.map(({ more }) => more ?? false),
      pieces.map((_, index) => index < pieces.length - 1),
    );
  }
});

test('SPEC 0.11: the quota of a send is taken in the hub, whole, before its second piece, and given back', async () => {
  const extension = await startExtension({ handlers: { 'sockets.tcp.send': () => undefined } });
  const port = extension.connect({ name: 'chrome-sockets/1' });
  const heard = [];
  port.onMessage.addListener((frame) => heard.push(...[frame].flat()));
  const piece = Buffer.alloc(64 * KIB).toString('base64');
  const begin = (id, length) =>
    port.postMessage({ id, method: 'sockets.tcp.send', params: { socketId: 1, data: piece }, length });
  begin(1, 200 * MIB + 1);
  port.postMessage({ id: 1, data: piece });
  await settled();
  assert.deepEqual(heard, [{ hello: 1 }, { id: 1, error: { message: 'Exceeded write quota.' } }]);
  begin(2, 200 * MIB);
  await settled();
  assert.equal(heard.length, 2, 'exactly as much is not too much');
  const exceeded = { results: [], lastError: 'Exceeded write quota.' };
  assert.deepEqual(
    await called(extension.background.tcp.send, 1, new Uint8Array(1)),
    exceeded,
    'it is everybody’s quota',
  );
  port.postMessage({ id: 2, data: 'AAAA' });
  await settled();
  assert.deepEqual(heard.at(-1), { id: 2, error: { message: 'The payload did not arrive whole.' } });
  begin(3, 200 * MIB);
  await settled();
  assert.deepEqual(await called(extension.background.tcp.send, 1, new Uint8Array(1)), exceeded);
  port.disconnect();
  await settled();
  assert.equal(extension.background.hosts.length, 0, 'nothing of it has reached a host');
  extension.background.tcp.send(1, new Uint8Array(1)).catch(() => {});
  await settled();
  assert.equal(extension.host.of('sockets.tcp.send').length, 1, 'a page that goes away gives its quota back');
});

test('SPEC 0.11: the quota of a send that has completed is given back', async () => {
  const extension = await startExtension({ handlers: { 'sockets.tcp.send': () => undefined } });
  const port = extension.connect({ name: 'chrome-sockets/1' });
  const heard = [];
  port.onMessage.addListener((frame) => heard.push(...[frame].flat()));
  const piece = Buffer.alloc(64 * KIB).toString('base64');
  const begin = (id, length) =>
    port.postMessage({ id, method: 'sockets.tcp.send', params: { socketId: 1, data: piece }, length });
  begin(1, 64 * KIB);
  begin(2, 200 * MIB);
  await settled();
  assert.deepEqual(heard.slice(1), [{ id: 2, error: { message: 'Exceeded write quota.' } }]);
  const [request] = extension.host.of('sockets.tcp.send');
  const result = { resultCode: 0, bytesSent: 64 * KIB };
  extension.host.reply(request, { result });
  await settled();
  begin(3, 200 * MIB);
  await settled();
  assert.deepEqual(heard.slice(2), [{ id: 1, result }]);
});

test('send and close of a page keep their order', async () => {
  const handlers = { 'sockets.tcp.send': () => ({ result: { resultCode: 0, bytesSent: 1 } }) };
  const extension = await startExtension({ handlers });
  const { tcp } = await extension.page();
  await tcp.create();
  const before = extension.host.messages.length;
  const sent = tcp.send(1, new Uint8Array(64 * KIB));
  await Promise.all([sent, tcp.close(1)]);
  assert.deepEqual(
    extension.host.messages.slice(before).map(({ method }) => method),
    ['sockets.tcp.send', 'sockets.tcp.close'],
  );
});

test('L-13: the host dies: the page hears of it as the background does, once, and the next call starts a new one', async () => {
  const extension = await startExtension({ handlers: { 'sockets.tcp.getInfo': () => undefined } });
  const page = await extension.page();
  const trace = hear(page);
  await page.tcpServer.create();
  await page.tcpServer.listen(1, '127.0.0.1', 0);
  await extension.background.tcp.create();
  await extension.background.tcp.connect(2, 'localhost', 7);
  const pending = called(page.tcp.getInfo, 2);
  await settled();
  extension.host.exit();
  assert.match((await pending).lastError, /^The native messaging host \S+ has exited/);
  await settled();
  assert.deepEqual(trace, ['acceptError 1 -2', 'receiveError 2 -100']);
  assert.deepEqual(await page.tcp.create(), { socketId: 3 });
  assert.equal(extension.background.hosts.length, 2);
  trace.length = 0;
  extension.stop();
  await settled();
  assert.deepEqual(trace, [], 'these sockets were gone before');
});

test('L-13: the background stops: calls fail with a reason, the page’s sockets say farewell, the next call connects anew', async () => {
  const extension = await startExtension({ handlers: { 'sockets.tcp.getInfo': () => undefined } });
  const page = await extension.page();
  const trace = hear(page);
  await page.tcpServer.create();
  await page.tcpServer.listen(1, '127.0.0.1', 0);
  extension.host.event('sockets.tcpServer.onAccept', { socketId: 1, clientSocketId: 5 });
  await settled();
  await page.tcp.setPaused(5, false);
  const pending = called(page.tcp.getInfo, 5);
  await settled();
  trace.length = 0;
  extension.stop();
  assert.deepEqual(await pending, { results: [], lastError: STOPPED });
  await settled();
  assert.deepEqual(trace, ['acceptError 1 -2', 'receiveError 5 -100']);
  assert.equal(extension.ports.length, 1, 'nobody wakes a background that has been stopped without a reason');

  await page.tcp.getSockets();
  assert.equal(extension.ports.length, 2);
  assert.deepEqual(
    new Set(extension.ports[1].page.posted.map(({ listen }) => listen).filter(Boolean)),
    new Set([
      'sockets.tcpServer.onAccept',
      'sockets.tcpServer.onAcceptError',
      'sockets.tcp.onReceive',
      'sockets.tcp.onReceiveError',
    ]),
  );
  trace.length = 0;
  extension.host.receive(7, [1]);
  await settled();
  assert.deepEqual(trace, ['receive 7 1']);
});

test('L-13: the background stops: a page hears of all sockets that it listens for, whoever made and ended them', async () => {
  const extension = await startExtension();
  const { tcp, tcpServer } = extension.background;
  const create = async (space) => (await space.create()).socketId;
  const [listening, stopped] = [await create(tcpServer), await create(tcpServer)];
  const [reading, paused, closed, ended] = [await create(tcp), await create(tcp), await create(tcp), await create(tcp)];
  await tcpServer.listen(listening, '127.0.0.1', 0);
  for (const id of [reading, paused, closed, ended]) await tcp.connect(id, 'localhost', 7);
  // One has been there from the beginning, one comes later, one listens to servers only.
  const early = hear(await extension.page());
  await settled();
  await tcpServer.listen(stopped, '127.0.0.1', 0);
  await tcpServer.disconnect(stopped);
  await tcp.setPaused(paused, true);
  const late = hear(await extension.page());
  await settled();
  await tcp.close(closed);
  extension.host.event('sockets.tcp.onReceiveError', { socketId: ended, resultCode: -100 });
  const partial = [];
  (await extension.page()).tcpServer.onAcceptError.addListener(({ socketId }) => partial.push(socketId));
  await settled();
  for (const trace of [early, late]) trace.length = 0;
  extension.stop();
  await settled();
  const farewells = [`acceptError ${listening} -2`, `receiveError ${reading} -100`];
  assert.deepEqual(early.sort(), farewells);
  assert.deepEqual(late.sort(), farewells);
  assert.deepEqual(partial, [listening]);
});

test('a page that only listens hears again when the hub has something to tell', async () => {
  const extension = await startExtension();
  const trace = hear(await extension.page());
  await settled();
  extension.stop();
  await settled();
  assert.equal(extension.ports.length, 1);
  await extension.background.tcp.create();
  await settled();
  assert.equal(extension.ports.length, 2);
  extension.host.receive(1, [1]);
  await settled();
  assert.deepEqual(trace, ['receive 1 1']);
  extension.host.exit();
  await extension.background.tcp.create();
  await settled();
  assert.equal(extension.ports.length, 2, 'a page that is connected need not hear it');
});

test('a page that listens no more is not called back', async () => {
  const extension = await startExtension();
  const { tcp } = await extension.page();
  const listener = () => {};
  tcp.onReceive.addListener(listener);
  await settled();
  extension.stop();
  tcp.onReceive.removeListener(listener);
  await extension.background.tcp.create();
  await settled();
  assert.equal(extension.ports.length, 1);
});

test('the background does not import the shim: calls say so, a page that only listens says it on the console', async (t) => {
  const lines = silence(t, 'error');
  const extension = await startExtension({ hub: false });
  const calling = await extension.page();
  assert.deepEqual(await called(calling.tcp.getSockets), { results: [], lastError: NO_HUB });
  await assert.rejects(calling.tcp.create(), { message: NO_HUB });
  assert.equal(extension.ports.length, 2, 'each call tries again');
  assert.deepEqual(lines, []);
  (await extension.page()).tcp.onReceive.addListener(() => {});
  await settled();
  assert.deepEqual(lines, [`chrome-sockets: no events reach this page. ${NO_HUB}`]);
});

test('a Port that somebody else keeps open, without a hello: the call fails after 20 s', async (t) => {
  const extension = await startExtension();
  extension.onConnect.list.length = 0;
  extension.onConnect.addListener(() => {});
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tcp } = await extension.page();
  let failed;
  tcp.getSockets(() => {
    failed = globalThis.chrome.runtime.lastError.message;
  });
  await settled();
  t.mock.timers.tick(19_999);
  await settled();
  assert.equal(failed, undefined);
  t.mock.timers.tick(1);
  await settled();
  assert.equal(failed, NO_HUB);
  assert.equal(extension.ports[0].page.closed, true);
});

test('a page whose extension has been reloaded: the call fails with the browser’s words', async () => {
  const extension = await startExtension();
  const { tcp } = await extension.page();
  globalThis.chrome.runtime.connect = () => {
    throw new Error('Extension context invalidated.');
  };
  await assert.rejects(tcp.getSockets(), { message: 'Extension context invalidated.' });
});

test('a page has no host of its own', async () => {
  const extension = await startExtension();
  const page = await extension.page();
  page.install({ hostName: 'org.example.other' });
  await page.tcp.getSockets();
  assert.deepEqual(
    extension.background.hosts.map(({ port }) => port.name),
    ['org.chrome_sockets.host'],
  );
});
