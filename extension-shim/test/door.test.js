import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Door } from '../src/hub/door.js';
import { Hub } from '../src/hub/hub.js';
import { ID, ORIGIN, PAGE, settled, startExtension } from '../testing/fake-extension.js';

const WEB = 'https://example.com';
const OTHER = 'ponmlkjihgfedcbaponmlkjihgfedcba';
const NAME = 'chrome-sockets/1';

for (const [who, sender] of [
  ['a content script', { id: ID, origin: WEB, url: `${WEB}/` }],
  ['a content script of a browser that tells no origin', { id: ID, url: `${WEB}/` }],
  ['a content script in a page whose path looks like us', { id: ID, url: `${WEB}/${ORIGIN}/` }],
  ['a content script in a file', { id: ID, origin: 'null', url: 'file:///home/user/page.html' }],
  ['a sandboxed page of the extension', { id: ID, origin: 'null', url: `${ORIGIN}/sandbox.html` }],
  [
    'another extension',
    { id: OTHER, origin: `chrome-extension://${OTHER}`, url: `chrome-extension://${OTHER}/p.html` },
  ],
  ['another extension that names our origin', { id: OTHER, origin: ORIGIN, url: `${ORIGIN}/p.html` }],
  ['a web page', { origin: WEB, url: `${WEB}/` }],
  ['somebody whose origin begins with ours', { id: ID, origin: `${ORIGIN}x`, url: `${ORIGIN}x/` }],
  ['somebody whose address begins with ours, without an origin', { id: ID, url: `${ORIGIN}x/` }],
  ['somebody with an empty origin', { id: ID, origin: '', url: `${ORIGIN}/` }],
  ['somebody of whom the browser says nothing', undefined],
  ['somebody of whom the browser says only the id', { id: ID }],
]) {
  test(`L-01 L-02: ${who} gets nothing: the Port is closed without a word`, async () => {
    const extension = await startExtension();
    const { background } = extension;
    await background.tcp.create();
    const port = extension.connect({ name: NAME }, sender === undefined ? null : sender);
    const heard = [];
    port.onMessage.addListener((message) => heard.push(message));
    const calls = extension.host.messages.length;
    port.postMessage({ listen: 'sockets.tcp.onReceive' });
    port.postMessage({ id: 1, method: 'sockets.tcp.getSockets', params: {} });
    port.postMessage({ id: 2, method: 'sockets.tcp.close', params: { socketId: 1 } });
    await settled();
    extension.host.receive(1, [1, 2, 3]);
    await settled();
    assert.equal(port.closed, true);
    assert.deepEqual(heard, []);
    assert.equal(extension.host.messages.length, calls);
    assert.equal(extension.ports[0].background.posts, 0);
  });
}

for (const [who, sender] of [
  ['a page', PAGE],
  ['a page of a browser that tells no origin', { id: ID, url: `${ORIGIN}/popup.html?a#b` }],
  ['the offscreen document', { id: ID, origin: ORIGIN, url: `${ORIGIN}/offscreen.html` }],
]) {
  test(`${who} of the extension is let in and greeted`, async () => {
    const extension = await startExtension();
    const port = extension.connect({ name: NAME }, sender);
    const heard = [];
    port.onMessage.addListener((message) => heard.push(message));
    await settled();
    assert.equal(port.closed, false);
    assert.deepEqual(heard, [{ hello: 1 }]);
  });
}

test('nothing is left in the hub of a page that has gone', async () => {
  const extension = await startExtension({ hub: false });
  globalThis.chrome.runtime.onConnect = extension.onConnect;
  const hub = new Hub({ connect: () => assert.fail('nobody has called'), manifest: () => ({}) });
  new Door(hub, { methods: new Set(), events: new Set() }).open();
  const ports = [1, 2, 3].map(() => extension.connect({ name: NAME }));
  await settled();
  assert.equal(hub.contexts.size, 3);
  for (const port of ports) port.disconnect();
  await settled();
  assert.equal(hub.contexts.size, 0);
});

test('Ports of other names are left to the app', async () => {
  const extension = await startExtension();
  for (const name of ['', 'chrome-sockets', 'chrome-sockets/2', 'mine']) {
    const port = extension.connect({ name }, { id: ID, origin: WEB });
    await settled();
    assert.equal(port.closed, false, name);
    assert.equal(extension.ports.at(-1).background.posts, 0);
  }
});

test('the listener is there as soon as the shim has been imported, and in the background only', async () => {
  const extension = await startExtension();
  assert.equal(extension.onConnect.list.length, 1);
  await extension.page();
  assert.equal(extension.onConnect.list.length, 1);
  extension.background.install({ context: 'background' });
  assert.equal(extension.onConnect.list.length, 1);
  extension.background.install({ context: 'page' });
  assert.equal(extension.onConnect.list.length, 0);
  extension.background.install({ context: 'background' });
  assert.equal(extension.onConnect.list.length, 1);
});

test('what a page says without sense is ignored, and stops nobody', async () => {
  const extension = await startExtension();
  const port = extension.connect({ name: NAME });
  const heard = [];
  port.onMessage.addListener((frame) => heard.push(...[frame].flat()));
  const call = (id, more) => ({ id, method: 'sockets.tcp.getSockets', params: {}, ...more });
  const send = (id, data, length) => ({ id, method: 'sockets.tcp.send', params: { socketId: 1, data }, length });
  for (const message of [
    null,
    17,
    'x',
    [[]],
    {},
    call('1'),
    call(-1),
    call(0.5),
    call(1, { params: null }),
    call(1, { params: [] }),
    call(1, { method: 'host.bye' }),
    call(1, { method: 'constructor' }),
    call(1, { method: 7 }),
    { listen: 'sockets.quic.onReceive' },
    { listen: {} },
    { unlisten: {} },
    { consumed: 1 },
    { consumed: -1 },
    { consumed: '1' },
    { id: 5, data: 'AAAA' },
    send(1, 'AAAA'),
    send(1, 'AAAA', 4),
    send(1, 'AAA', 3),
    send(1, 7, 3),
    send(1, 'AAAA', -3),
    send(1, 'AAAA', '3'),
    send(1, undefined, 3),
    send(1, 'AAAA', 100_000),
    call(1),
    call(1),
    call(1, { method: 'sockets.tcp.create' }),
  ]) {
    port.postMessage(message);
  }
  await settled();
  assert.deepEqual(heard, [{ hello: 1 }, { id: 1, result: [] }], 'only one of all these was a call');
  assert.deepEqual(extension.host.of('host.bye'), []);
  assert.equal(extension.host.of('sockets.tcp.getSockets').length, 1);
  assert.deepEqual(await extension.background.tcp.getSockets(), []);
});
