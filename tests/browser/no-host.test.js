import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GUARD, useBench } from './support.js';

const bench = useBench({ host: null });

test('a missing host is named, with the command that installs it', GUARD, async () => {
  const { error } = await bench.run(() => globalThis.bench.call('tcpServer', 'create', {}));
  assert.match(error, /org\.chrome_sockets\.host/);
  assert.match(error, new RegExp(`chrome-sockets-host install --extension-id ${bench.session.id}`));
});

test('the promise form rejects with the same words', GUARD, async () => {
  const message = await bench.run(() => chrome.sockets.tcp.create().catch((error) => error.message));
  assert.match(message, /chrome-sockets-host install/);
});
