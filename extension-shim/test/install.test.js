import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectContext } from '../src/context.js';
import * as base64 from '../src/hub/base64.js';
import { explain } from '../src/transport/explain.js';
import { silence, start } from '../testing/fake-host.js';

const ID = 'abcdefghijklmnopabcdefghijklmnop';

test('install defines chrome.sockets and returns it', async () => {
  const { install, chrome, sockets, tcp, tcpServer, udp } = await start();
  assert.equal('sockets' in chrome, false, 'importing alone defines nothing');
  assert.equal(install(), sockets);
  assert.equal(chrome.sockets, sockets);
  assert.equal(chrome.sockets.tcp, tcp);
  assert.equal(chrome.sockets.tcpServer, tcpServer);
  assert.equal(chrome.sockets.udp, udp);
  assert.equal(install(), sockets, 'a second time changes nothing');
});

test('install defines chrome.system.network and leaves the rest of chrome.system alone', async () => {
  const first = await start();
  first.install();
  assert.equal(first.chrome.system.network, first.network);
  const { install, chrome, network } = await start();
  const cpu = {};
  chrome.system = { cpu, network: 'native' };
  install();
  assert.deepEqual(chrome.system, { cpu, network: 'native' });
  install({ force: true });
  assert.equal(chrome.system.network, network);
  assert.equal(chrome.system.cpu, cpu);
});

test('getNetworkInterfaces gives a list, by promise and by callback', async () => {
  const list = [{ name: 'eth0', address: '192.0.2.7', prefixLength: 24 }];
  const { network } = await start({ handlers: { 'system.network.getNetworkInterfaces': () => ({ result: list }) } });
  assert.deepEqual(await network.getNetworkInterfaces(), list);
  assert.deepEqual(await new Promise((resolve) => network.getNetworkInterfaces(resolve)), list);
});

test('install leaves a native chrome.sockets alone, unless it is told to replace it', async () => {
  const { install, chrome, sockets } = await start();
  const native = { tcp: {} };
  chrome.sockets = native;
  assert.equal(install(), native);
  assert.equal(chrome.sockets, native);
  assert.equal(install({ force: true }), sockets);
  assert.equal(chrome.sockets, sockets);
});

test('install without a global chrome says where it belongs', async () => {
  const { install } = await start();
  delete globalThis.chrome;
  assert.throws(() => install(), /browser extension/);
});

test('install may name another host', async () => {
  const shim = await start();
  shim.install({ hostName: 'org.example.host' });
  await shim.tcp.getSockets();
  assert.equal(shim.host.port.name, 'org.example.host');
});

test('without connectNative a call fails with what to do', async () => {
  const { tcp } = await start({ runtime: { connectNative: undefined } });
  await assert.rejects(tcp.getSockets(), /connectNative is not available.*"nativeMessaging"/);
});

test('an error that connectNative throws fails the call', async () => {
  const { tcp } = await start({
    runtime: {
      connectNative() {
        throw new Error('Extension context invalidated.');
      },
    },
  });
  await assert.rejects(tcp.getSockets(), { message: 'Extension context invalidated.' });
});

test('a page of an extension without a background has its own host', async () => {
  const shim = await start();
  shim.install({ context: 'page' });
  assert.deepEqual(await shim.tcp.getSockets(), []);
});

test('where the code runs: workers and background pages are the background, other pages are pages', (t) => {
  t.after(() => {
    delete globalThis.document;
    delete globalThis.location;
  });
  assert.equal(detectContext(undefined), 'background');
  globalThis.document = {};
  const at = (pathname) => {
    globalThis.location = { pathname, origin: `chrome-extension://${ID}` };
  };
  at('/popup.html');
  assert.equal(detectContext(undefined), 'page');
  assert.equal(detectContext('bg.html'), 'page');
  at('/null');
  assert.equal(detectContext(null), 'page');
  at('/_generated_background_page.html');
  assert.equal(detectContext(undefined), 'background');
  at('/bg.html');
  assert.equal(detectContext('bg.html'), 'background');
  assert.equal(detectContext('./bg.html'), 'background');
});

const NAME = 'org.chrome_sockets.host';
const HOST = `The native messaging host ${NAME}`;
const RUN = `Run: chrome-sockets-host install --extension-id ${ID}`;
const DOCTOR = `chrome-sockets-host doctor --extension-id ${ID}`;
const EITHER = `${RUN} (if it was installed, this tells what is wrong: ${DOCTOR})`;
const SILENT = `${HOST} has exited without a word. Run: ${DOCTOR} (or start the browser with CHROME_SOCKETS_LOG_FILE=<file> to learn more)`;
const UNREADABLE = `${HOST} cannot be started, or says what the browser cannot read. Run: ${DOCTOR}`;
// The browsers' texts are those that tests/browser/messages.test.js meets in them.
for (const [browser, text, words] of [
  ['Specified native messaging host not found.', `${HOST} is not installed. ${EITHER}`],
  [`No such native application ${NAME}`, `${HOST} is not installed for the extension ${ID}. ${EITHER}`],
  [
    'Access to the specified native messaging host is forbidden.',
    `${HOST} is installed for others, not for the extension ${ID}. ${RUN}`,
  ],
  ['Native host has exited.', SILENT],
  ['', SILENT],
  ['Native host has exited.', `${HOST} has exited: panicked at src/x.rs`, 'panicked at src/x.rs'],
  ['', `${HOST} has exited: ${'x'.repeat(1000)}`, 'x'.repeat(1001)],
  ['Error when communicating with the native messaging host.', UNREADABLE],
  ['An unexpected error occurred', UNREADABLE],
  [
    'Native application tried to send a message of 1819043144 bytes, which exceeds the limit of 1048576 bytes.',
    UNREADABLE,
  ],
  ['Something else.', `${HOST} is gone: Something else. (Run: ${DOCTOR})`],
]) {
  test(`the browser says "${browser}"${words ? ', the host something' : ''}`, () =>
    assert.equal(explain(browser, NAME, ID, { lastWords: words }), text));
}

test('the install command names a host of another name', () => {
  assert.match(
    explain('Specified native messaging host not found.', 'org.example.host', ID),
    / --extension-id \S+ --name org\.example\.host /,
  );
});

test('a call to a host that is not installed fails with the command that installs it', async (t) => {
  const lines = silence(t, 'error');
  const shim = await start();
  const failed = shim.tcp.create();
  shim.host.exit('Specified native messaging host not found.');
  await assert.rejects(failed, { message: `${HOST} is not installed. ${EITHER}` });
  assert.deepEqual(lines, []);
});

test("Firefox's reason stands on the port", async () => {
  const shim = await start();
  const failed = shim.tcp.create();
  shim.host.port.error = new Error(`No such native application ${NAME}`);
  shim.host.exit('not this one');
  await assert.rejects(failed, { message: `${HOST} is not installed for the extension ${ID}. ${EITHER}` });
});

test('a host that has spoken and then cannot be written to was started', async () => {
  const shim = await start();
  await shim.tcp.create();
  const failed = shim.tcp.create();
  shim.host.exit('Error when communicating with the native messaging host.');
  await assert.rejects(failed, {
    message: `${HOST} has exited, or says what the browser cannot read. Run: ${DOCTOR}`,
  });
});

test("a host's last words are the reason of what fails, and stand on the console", async (t) => {
  const lines = silence(t, 'error');
  const shim = await start();
  const failed = shim.tcp.create();
  shim.host.event('host.error', { message: 'the disk is on fire', fatal: true });
  shim.host.exit();
  await assert.rejects(failed, { message: `${HOST} has exited: the disk is on fire` });
  assert.deepEqual(lines, ['chrome-sockets: the host reports: the disk is on fire']);
  const next = shim.tcp.create();
  shim.host.exit();
  await assert.rejects(next, { message: SILENT }, 'they are those of one host');
});

test('base64 by hand is base64', () => {
  for (const length of [0, 1, 2, 3, 4, 8191, 8192, 65536, 100_001]) {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 13);
    const text = Buffer.from(bytes).toString('base64');
    assert.equal(base64.encodeByHand(bytes), text);
    assert.deepEqual(base64.decodeByHand(text), bytes);
    assert.equal(base64.encode(bytes), text);
    assert.deepEqual(base64.decode(text), bytes);
    assert.equal(base64.decodedLength(text), length);
  }
  assert.throws(() => base64.decode('*'));
});
