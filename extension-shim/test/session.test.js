import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { version } from '../src/version.js';
import { called, silence, start, task } from '../testing/fake-host.js';

const GONE =
  'The native messaging host org.chrome_sockets.host has exited without a word. Run: chrome-sockets-host doctor --extension-id abcdefghijklmnopabcdefghijklmnop (or start the browser with CHROME_SOCKETS_LOG_FILE=<file> to learn more)';

/** Everything that the app hears of errors. */
function errorsOf({ tcp, tcpServer }) {
  const seen = [];
  tcpServer.onAcceptError.addListener((info) => seen.push(['onAcceptError', info.socketId, info.resultCode]));
  tcp.onReceiveError.addListener((info) => seen.push(['onReceiveError', info.socketId, info.resultCode]));
  return seen;
}

test('no host is started before the first call', async () => {
  const { hosts, tcp } = await start();
  tcp.onReceive.addListener(() => {});
  await task();
  assert.equal(hosts.length, 0);
});

test('the hello is the first message of the first frame and says what PROTOCOL.md asks for', async () => {
  const sockets = { tcpServer: { listen: '127.0.0.1:8080' } };
  const shim = await start({ manifest: { sockets } });
  await shim.tcp.create();
  assert.deepEqual(shim.host.frames[0][0], {
    id: 1,
    method: 'host.hello',
    params: { protocol: [1, 1], features: [], shim: version, nextSocketId: 1, sockets },
  });
  assert.equal(shim.host.port.name, 'org.chrome_sockets.host');
});

test("the version is the package's", () => {
  const { version: packaged } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  assert.equal(version, packaged);
});

for (const sockets of [5, {}, [], 'x', null]) {
  test(`the manifest key goes out verbatim: ${JSON.stringify(sockets)}`, async (t) => {
    const lines = silence(t, 'info');
    const shim = await start({ manifest: { sockets } });
    await shim.tcp.create();
    assert.deepEqual(shim.host.messages[0].params.sockets, sockets);
    assert.deepEqual(lines, []);
  });
}

test('without a manifest key the hello has none, and the console says so once', async (t) => {
  const lines = silence(t, 'info');
  const shim = await start({ manifest: {} });
  await shim.tcp.create();
  assert.equal('sockets' in shim.host.messages[0].params, false);
  shim.host.exit();
  await shim.tcp.create();
  assert.equal(shim.hosts.length, 2);
  assert.equal(lines.length, 1);
  assert.match(lines[0], /no key "sockets"/);
});

test('a manifest error is reported on the console once', async (t) => {
  const lines = silence(t, 'error');
  const manifestError = "Invalid value for 'sockets'.";
  const shim = await start({ handlers: { 'host.hello': () => ({ result: { protocol: 1, manifestError } }) } });
  await shim.tcp.getSockets();
  shim.host.exit();
  await shim.tcp.getSockets();
  assert.deepEqual(lines, [`chrome-sockets: manifest key "sockets": ${manifestError}`]);
});

test('without a common protocol every pending and later call of the session fails with that text', async () => {
  const message = 'No common protocol: the shim speaks 1 to 1, this host 2 to 2.';
  const shim = await start({
    handlers: { 'host.hello': () => ({ error: { message } }), 'sockets.tcp.getSockets': () => undefined },
  });
  await assert.rejects(shim.tcp.getSockets(), { message });
  await assert.rejects(shim.tcp.getSockets(), { message });
  assert.equal(shim.hosts.length, 1);
  assert.equal(shim.host.of('sockets.tcp.getSockets').length, 1, 'the host is not asked again');
});

test('a caller that tries again at once in such a session does not stop the world', async () => {
  const shim = await start({ handlers: { 'host.hello': () => ({ error: { message: 'No common protocol' } }) } });
  await called(shim.tcp.getSockets);
  let tries = 0;
  const again = () => {
    tries += 1;
    if (tries < 1000) shim.tcp.getSockets(() => chrome.runtime.lastError && again());
  };
  again();
  await task();
  assert.ok(tries < 1000);
  tries = 1000;
});

test('L-13: when the host dies every pending call fails with the reason', async () => {
  const shim = await start({
    handlers: { 'sockets.tcp.connect': () => undefined, 'sockets.tcp.send': () => undefined },
  });
  await shim.tcp.create();
  const connecting = called(shim.tcp.connect, 1, 'localhost', 7);
  const sending = shim.tcp.send(1, new Uint8Array(10_000_000));
  await task();
  shim.host.exit();
  assert.deepEqual(await connecting, { results: [], lastError: GONE });
  await assert.rejects(sending, { message: GONE });
});

test('L-13: a listening server hears -2, a connected un-paused socket -100, and nothing else hears anything', async () => {
  const shim = await start();
  const { tcp, tcpServer } = shim;
  const seen = errorsOf(shim);
  const create = async (space) => (await space.create()).socketId;
  const listening = await create(tcpServer);
  const stopped = await create(tcpServer);
  await create(tcpServer);
  const reading = await create(tcp);
  const paused = await create(tcp);
  const disconnected = await create(tcp);
  const ended = await create(tcp);
  const closed = await create(tcp);
  await create(tcp);
  await tcpServer.listen(listening, '127.0.0.1', 0);
  await tcpServer.setPaused(listening, true);
  await tcpServer.listen(stopped, '127.0.0.1', 0);
  await tcpServer.disconnect(stopped);
  for (const id of [reading, paused, disconnected, ended, closed]) await tcp.connect(id, 'localhost', 7);
  await tcp.setPaused(paused, true);
  await tcp.disconnect(disconnected);
  await tcp.close(closed);
  shim.host.event('sockets.tcpServer.onAccept', { socketId: listening, clientSocketId: 20 });
  shim.host.event('sockets.tcpServer.onAccept', { socketId: listening, clientSocketId: 21 });
  await tcp.setPaused(21, false);
  shim.host.event('sockets.tcp.onReceiveError', { socketId: ended, resultCode: -100 });
  await task();
  seen.length = 0;
  const pending = called(tcp.getSockets);
  const order = pending.then(() => seen.length);
  shim.host.exit();
  await task();
  assert.equal(await order, 0, 'pending calls fail first');
  assert.deepEqual(seen, [
    ['onAcceptError', listening, -2],
    ['onReceiveError', reading, -100],
    ['onReceiveError', 21, -100],
  ]);
});

test('a socket that connects again after its connection has ended is paused', async () => {
  const shim = await start();
  const seen = errorsOf(shim);
  await shim.tcp.create();
  await shim.tcp.connect(1, 'localhost', 7);
  shim.host.event('sockets.tcp.onReceiveError', { socketId: 1, resultCode: -100 });
  await shim.tcp.connect(1, 'localhost', 7);
  shim.host.exit();
  await task();
  assert.deepEqual(seen, [['onReceiveError', 1, -100]]);
});

test('a socket whose send has failed is not connected any more', async () => {
  const failed = { error: { message: 'net::ERR_FAILED', code: -2 }, result: { resultCode: -2 } };
  const shim = await start({ handlers: { 'sockets.tcp.send': () => failed } });
  const seen = errorsOf(shim);
  await shim.tcp.create();
  await shim.tcp.connect(1, 'localhost', 7);
  await called(shim.tcp.send, 1, new Uint8Array(1));
  shim.host.exit();
  await task();
  assert.deepEqual(seen, []);
});

test('data that came before the end is delivered before it', async () => {
  const shim = await start();
  const trace = [];
  shim.tcp.onReceive.addListener(({ data }) => trace.push(data.byteLength));
  shim.tcp.onReceiveError.addListener(({ resultCode }) => trace.push(resultCode));
  await shim.tcp.create();
  await shim.tcp.connect(1, 'localhost', 7);
  shim.host.receive(1, new Uint8Array(5000));
  shim.host.exit();
  await task();
  assert.deepEqual(trace, [4096, 904, -100]);
});

test('L-13: after its death the next call starts a new host, sockets are gone, and no id comes again', async () => {
  const shim = await start();
  await shim.tcp.create();
  await shim.tcpServer.create();
  await shim.tcpServer.listen(2, '127.0.0.1', 0);
  shim.host.event('sockets.tcpServer.onAccept', { socketId: 2, clientSocketId: 7 });
  shim.host.exit();
  assert.deepEqual(await shim.tcp.getSockets(), []);
  assert.equal(shim.hosts.length, 2);
  assert.equal(shim.host.messages[0].method, 'host.hello');
  assert.equal(shim.host.messages[0].params.nextSocketId, 8);
  assert.deepEqual(await shim.tcp.create(), { socketId: 8 });
  shim.host.exit();
  assert.deepEqual(await shim.tcpServer.create(), { socketId: 9 });
});

test('a callback that hears of the death may call at once, and gets a new host', async () => {
  const shim = await start();
  const again = new Promise((resolve) => {
    shim.tcp.getInfo(1, () => {
      void chrome.runtime.lastError;
      resolve(shim.tcp.create());
    });
  });
  await null;
  shim.host.exit();
  assert.deepEqual(await again, { socketId: 1 });
});

test('a late answer of a host that is gone changes nothing', async () => {
  const shim = await start({ handlers: { 'sockets.tcp.getSockets': () => undefined } });
  const failed = called(shim.tcp.getSockets);
  await task();
  const [{ id }] = shim.host.of('sockets.tcp.getSockets');
  shim.host.exit();
  shim.host.port.onMessage.call({ id, result: [] });
  assert.equal((await failed).lastError, GONE);
});

test('30 s without socket and call: bye, its reply, and only then the port is closed; the next call starts a new host', async (t) => {
  const shim = await start({ handlers: { 'host.bye': () => undefined } });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await shim.tcp.create();
  await shim.tcp.close(1);
  t.mock.timers.tick(29_999);
  await task();
  assert.deepEqual(shim.host.of('host.bye'), []);
  t.mock.timers.tick(1);
  await task();
  const [first] = shim.hosts;
  const [bye] = first.of('host.bye');
  assert.ok(bye.id > 0);
  assert.equal(first.disconnected, false);
  assert.deepEqual(await shim.tcp.create(), { socketId: 2 }, 'a call does not wait for the old host');
  first.reply(bye, { result: null });
  assert.equal(first.disconnected, true);
  assert.equal(shim.hosts.length, 2);
  t.mock.timers.tick(60_000);
  await task();
  assert.equal(shim.host.disconnected, false);
  assert.deepEqual(first.lost, []);
});

test('the end of a host that has been told bye does not concern the next one', async (t) => {
  const shim = await start({ handlers: { 'host.bye': () => undefined } });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await shim.tcp.getSockets();
  t.mock.timers.tick(30_000);
  await task();
  await shim.tcp.create();
  shim.hosts[0].exit();
  assert.deepEqual(await shim.tcp.create(), { socketId: 2 });
  assert.equal(shim.hosts.length, 2);
});

test('a host that does not answer the bye is left after 2 s', async (t) => {
  const shim = await start({ handlers: { 'host.bye': () => undefined } });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await shim.tcp.getSockets();
  t.mock.timers.tick(30_000);
  await task();
  t.mock.timers.tick(1_999);
  assert.equal(shim.host.disconnected, false);
  t.mock.timers.tick(1);
  assert.equal(shim.host.disconnected, true);
});

test('an open socket, a pending call and a new call each keep the host', async (t) => {
  const shim = await start({ handlers: { 'sockets.tcp.getInfo': () => undefined } });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await shim.tcpServer.create();
  t.mock.timers.tick(100_000);
  await shim.tcpServer.close(1);
  t.mock.timers.tick(20_000);
  await shim.tcp.getSockets();
  t.mock.timers.tick(20_000);
  const pending = called(shim.tcp.getInfo, 1);
  await task();
  t.mock.timers.tick(100_000);
  await task();
  assert.deepEqual(shim.host.of('host.bye'), []);
  shim.host.reply(shim.host.of('sockets.tcp.getInfo')[0], { result: null });
  await pending;
  t.mock.timers.tick(30_000);
  await task();
  assert.equal(shim.host.of('host.bye').length, 1);
});

test('a refusal keeps the text of Chrome, and the console says once what to do', async (t) => {
  const lines = silence(t, 'warn');
  const denied = () => ({ error: { message: 'Does not have permission' } });
  const shim = await start({ handlers: { 'sockets.tcpServer.listen': denied } });
  const { socketId } = await shim.tcpServer.create();
  for (let i = 0; i < 2; i++) {
    await assert.rejects(shim.tcpServer.listen(socketId, '0.0.0.0', 80), { message: 'Does not have permission' });
  }
  assert.equal(lines.length, 1);
  assert.match(lines[0], /install --extension-id \w+ --allow-listen/);
});

test('a frame that cannot be posted fails its calls, and only those that are at fault', async () => {
  const shim = await start();
  await shim.tcp.getSockets();
  const { port } = shim.host;
  const post = port.postMessage;
  port.postMessage = (frame) => {
    if (JSON.stringify(frame).length > 1000) throw new Error('Message exceeded maximum allowed size of 64MiB.');
    post(frame);
  };
  const large = shim.tcp.create({ name: 'x'.repeat(1000) });
  const small = shim.tcp.create({ name: 'x' });
  await assert.rejects(large, {
    message: 'The message could not be sent to the host: Message exceeded maximum allowed size of 64MiB.',
  });
  assert.deepEqual(await small, { socketId: 1 });
});

test('calls on a port that is broken fail', async () => {
  const shim = await start();
  await shim.tcp.create();
  shim.host.broken = true;
  await assert.rejects(shim.tcp.getSockets(), /could not be sent to the host: Attempting to use a disconnected port/);
  await assert.rejects(shim.tcp.send(1, new Uint8Array(200_000)), /could not be sent to the host/);
});

test('a method that the host does not have fails, and the console says what is older', async (t) => {
  const lines = silence(t, 'warn');
  const shim = await start({
    handlers: { 'sockets.tcp.create': () => ({ error: { message: 'Unknown method: sockets.tcp.create' } }) },
  });
  for (let time = 0; time < 2; time += 1) {
    await assert.rejects(shim.tcp.create(), { message: 'Unknown method: sockets.tcp.create' });
  }
  assert.equal(lines.length, 1);
  assert.match(
    lines[0],
    /does not know sockets\.tcp\.create, because it is older .* install --extension-id [a-p]{32}$/,
  );
});

test('of a message that makes no sense the console tells the name, never what is in it', async (t) => {
  const { mock: spy } = t.mock.method(console, 'error', () => {});
  const shim = await start();
  await shim.tcp.create();
  shim.host.event('sockets.tcp.onReceive', { socketId: 1, data: null, secret: 'secret' });
  await task();
  assert.equal(spy.calls.length, 1);
  const said = spy.calls[0].arguments;
  assert.equal(said[1], 'sockets.tcp.onReceive');
  assert.ok(!JSON.stringify(said).includes('secret'), JSON.stringify(said));
  // The session goes on.
  await shim.tcp.create();
});
