import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startExtension } from '../testing/fake-extension.js';
import { called, silence, start, task } from '../testing/fake-host.js';

const PEM = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
const tls = { certificate: '-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n', privateKey: PEM };

const SECURE =
  'Error in invocation of sockets.tcp.secure(integer socketId, optional sockets.tcp.SecureOptions options, function callback): ';
const CREATE =
  'Error in invocation of sockets.tcpServer.create(optional sockets.tcpServer.SocketProperties properties, optional function callback): ';
const GENERATE =
  'Error in invocation of sockets.tcpServer.generateCertificate(optional sockets.tcpServer.CertificateOptions options, optional function callback): ';

test('secure goes out with its options, and its callback gets code and lastError', async () => {
  const refused = { error: { message: 'net::ERR_CERT_COMMON_NAME_INVALID', code: -200 }, result: -200 };
  const shim = await start({
    handlers: { 'sockets.tcp.secure': ({ options }) => (options ? { result: 0 } : refused) },
  });
  const { tcp } = shim;
  await tcp.create();
  assert.deepEqual(await called(tcp.secure, 1, { tlsVersion: { min: 'tls1.3', max: null } }), {
    results: [0],
    lastError: undefined,
  });
  assert.deepEqual(await called(tcp.secure, 1), { results: [-200], lastError: 'net::ERR_CERT_COMMON_NAME_INVALID' });
  await tcp.create();
  await assert.rejects(tcp.secure(2), { message: 'net::ERR_CERT_COMMON_NAME_INVALID', resultCode: -200 });
  assert.deepEqual(
    shim.host.of('sockets.tcp.secure').map(({ params }) => params),
    [{ socketId: 1, options: { tlsVersion: { min: 'tls1.3' } } }, { socketId: 1 }, { socketId: 2 }],
  );
});

test('secure: mistakes throw at once, in Chrome’s words, and inside of options too', async () => {
  const { tcp, hosts } = await start();
  for (const [detail, ...args] of [
    ['No matching signature.'],
    ['No matching signature.', '1'],
    ['No matching signature.', 1, 'tls1.2', () => {}],
    ["Error at parameter 'options': Unexpected property: 'min'.", 1, { min: 'tls1.2' }],
    [
      "Error at parameter 'options': Error at property 'tlsVersion': Invalid type: expected sockets.tcp.TLSVersionConstraints, found string.",
      1,
      { tlsVersion: 'tls1.2' },
    ],
    [
      "Error at parameter 'options': Error at property 'tlsVersion': Error at property 'min': Invalid type: expected string, found integer.",
      1,
      { tlsVersion: { min: 1 } },
    ],
    [
      "Error at parameter 'options': Error at property 'tlsVersion': Unexpected property: 'mid'.",
      1,
      { tlsVersion: { mid: '' } },
    ],
  ]) {
    assert.throws(() => tcp.secure(...args), { name: 'TypeError', message: SECURE + detail });
  }
  assert.equal(hosts.length, 0);
});

test('a socket that secure has destroyed is nobody’s any more; one that stays, stays', async () => {
  let reply;
  const shim = await start({ handlers: { 'sockets.tcp.secure': () => reply } });
  const ends = [];
  shim.tcp.onReceiveError.addListener(({ socketId }) => ends.push(socketId));
  for (let id = 1; id <= 3; id++) {
    await shim.tcp.create();
    await shim.tcp.connect(id, 'localhost', 443);
  }
  reply = { error: { message: 'net::ERR_FAILED', code: -2 }, result: -2 };
  await called(shim.tcp.secure, 1);
  reply = { error: { message: 'Socket must be a connected client TCP socket.', code: -4 }, result: -4 };
  await called(shim.tcp.secure, 2);
  reply = { result: 0 };
  await called(shim.tcp.secure, 3);
  shim.host.exit();
  await task();
  assert.deepEqual(ends, [2, 3]);
});

test('tls goes out as it is, from a page too, and comes back from generateCertificate', async () => {
  const extension = await startExtension({
    handlers: { 'sockets.tcpServer.generateCertificate': () => ({ result: tls }) },
  });
  const page = await extension.page();
  for (const { tcpServer } of [extension.background, page]) {
    const pair = await tcpServer.generateCertificate({ hosts: ['localhost', '::1'], days: 30 });
    assert.deepEqual(pair, tls);
    const { socketId } = await tcpServer.create({ name: 's', tls: pair });
    await tcpServer.update(socketId, { tls: pair });
  }
  const { host } = extension;
  assert.deepEqual(host.of('sockets.tcpServer.generateCertificate')[1].params, {
    options: { hosts: ['localhost', '::1'], days: 30 },
  });
  assert.deepEqual(host.of('sockets.tcpServer.create')[1].params, { properties: { name: 's', tls } });
  assert.deepEqual(host.of('sockets.tcpServer.update')[0].params.properties, { tls });
});

for (const features of [undefined, [], ['other']]) {
  test(`a host that cannot serve TLS is never asked to, lest it serves in the clear: ${features}`, async () => {
    const hello = { 'host.hello': () => ({ result: { protocol: 1, features } }) };
    const extension = await startExtension({ handlers: hello });
    const { background } = extension;
    const page = await extension.page();
    // The first calls of all, which would go out together with the hello.
    const refused = called(background.tcpServer.create, { name: 's', tls });
    const plain = background.tcpServer.create({ name: 'plain', tls: null });
    assert.match((await refused).lastError, /^chrome-sockets: the host cannot serve TLS, .* install --extension-id/);
    assert.equal((await plain).socketId, 1);
    const { host } = extension;
    for (const { tcpServer } of [background, page]) {
      await assert.rejects(tcpServer.create({ tls }), /the host cannot serve TLS/);
      await assert.rejects(tcpServer.update(1, { tls }), /the host cannot serve TLS/);
    }
    await background.tcpServer.update(1, { name: 'still plain' });
    assert.deepEqual(
      host.of('sockets.tcpServer.create').map(({ params }) => params),
      [{ properties: { name: 'plain' } }],
    );
    assert.equal(host.of('sockets.tcpServer.update').length, 1);
  });
}

test('a call that waits to know what the host can is answered when there is no host', async () => {
  const hello = { 'host.hello': () => undefined };
  for (const end of [
    (host) => host.exit(),
    (host) => host.reply(host.messages[0], { error: { message: 'No common protocol' } }),
  ]) {
    const shim = await start({ handlers: hello });
    const lost = called(shim.tcpServer.create, { tls });
    await task();
    end(shim.host);
    assert.match((await lost).lastError, /exited|No common protocol/);
    assert.equal(shim.host.of('sockets.tcpServer.create').length, 0);
  }
});

test('tls and generateCertificate: mistakes throw at once, and say nothing of what the texts hold', async () => {
  const { tcpServer } = await start();
  const TLS = "Error at parameter 'properties': Error at property 'tls': ";
  for (const [detail, properties] of [
    ['Invalid type: expected sockets.tcpServer.TlsPair, found string.', PEM],
    ['Invalid type: expected sockets.tcpServer.TlsPair, found array.', [PEM]],
    ["Missing required property 'certificate'.", { privateKey: PEM }],
    ["Missing required property 'privateKey'.", { certificate: PEM, privateKey: null }],
    ["Error at property 'privateKey': Invalid type: expected string, found array.", { ...tls, privateKey: [PEM] }],
    ["Unexpected property: 'key'.", { ...tls, key: PEM }],
  ]) {
    const message = CREATE + TLS + detail;
    assert.throws(() => tcpServer.create({ tls: properties }), { name: 'TypeError', message });
  }
  for (const [detail, options] of [
    ["Error at property 'hosts': Invalid type: expected array, found string.", { hosts: 'localhost' }],
    ["Error at property 'hosts': Error at index 1: Invalid type: expected string, found integer.", { hosts: ['a', 1] }],
    ["Error at property 'days': Invalid type: expected integer, found number.", { days: 1.5 }],
  ]) {
    const message = `${GENERATE}Error at parameter 'options': ${detail}`;
    assert.throws(() => tcpServer.generateCertificate(options), { name: 'TypeError', message });
  }
});

test('no console message has anything of a key, whatever goes wrong', async (t) => {
  const lines = silence(t, 'log', 'info', 'warn', 'error', 'debug');
  const wrong = { error: { message: 'The TLS private key does not match the certificate' } };
  const shim = await start({
    handlers: {
      'sockets.tcpServer.create': () => wrong,
      'sockets.tcpServer.generateCertificate': () => ({ result: tls }),
    },
  });
  // Nobody reads lastError, and a callback throws.
  await new Promise((resolve) => shim.tcpServer.create({ tls }, () => resolve()));
  await new Promise((resolve) =>
    shim.tcpServer.generateCertificate(() => {
      resolve();
      throw new Error('in the callback');
    }),
  );
  const lost = shim.tcpServer.update(1, { tls });
  shim.host.exit();
  await lost.catch(() => {});
  assert.ok(lines.length >= 2, 'something is told');
  assert.doesNotMatch(lines.join('\n'), /c2VjcmV0|PRIVATE/);
});
