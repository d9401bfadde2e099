import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import tls from 'node:tls';
import { Authority } from '../differential/authority.js';
import { GUARD, useBench, useDemo } from './support.js';

const folder = await mkdtemp(path.join(os.tmpdir(), 'https-test-'));
after(() => rm(folder, { recursive: true, force: true }));
const authority = await Authority.make(path.join(folder, 'authority'));
// What the hosts of these browsers trust instead of the system's authorities.
process.env.SSL_CERT_FILE = authority.certificate;

// The example over HTTPS, as a client sees it that trusts its certificate, or does not.
const demo = useDemo();
// Servers and clients that speak TLS, in a worker.
const bench = useBench();

/** @param {{https?: boolean}} options */
const serve = (options) =>
  demo.session.worker.evaluate((options) => /** @type {any} */ (globalThis).tabsApi.listen(0, options), options);

/**
 * @param {string} url
 * @param {object} options
 * @returns {Promise<{status: number | undefined, body: string}>}
 */
function get(url, options) {
  return new Promise((resolve, reject) => {
    const { get } = url.startsWith('https') ? https : http;
    get(url, { agent: false, ...options }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode, body }));
    }).on('error', reject);
  });
}

test(
  'a client that trusts the certificate reaches the extension over HTTPS, by name and by address',
  GUARD,
  async () => {
    const { url, certificate } = await serve({ https: true });
    assert.match(url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
    for (const host of ['127.0.0.1', 'localhost']) {
      const answer = await get(`${url.replace('127.0.0.1', host)}tabs`, { ca: certificate, family: 4 });
      assert.equal(answer.status, 200);
      assert.ok(Array.isArray(JSON.parse(answer.body).tabs));
    }
  },
);

test('wrong trust is refused, plain HTTP disturbs nobody, and both are counted', GUARD, async () => {
  const { url, certificate } = await serve({ https: true });
  const failed = () =>
    demo.session.worker.evaluate(async () => {
      const [server] = await /** @type {any} */ (globalThis).chrome.sockets.tcpServer.getSockets();
      return [server.tls, server.failedHandshakes];
    });
  assert.deepEqual(await failed(), [true, 0]);
  await assert.rejects(get(url, {}), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await assert.rejects(get(url.replace('https', 'http'), {}));
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.end('GET / HTTP/1.1\r\n\r\n').on('error', () => {});
  await once(socket.resume(), 'close');
  assert.equal((await get(url, { ca: certificate })).status, 200);
  const [tls, count] = await failed();
  assert.equal(tls, true);
  assert.ok(count >= 2 && count <= 3, `${count} were counted`);
});

test('the certificate is kept, and renewed when its time is over', GUARD, async () => {
  const { certificate } = await serve({ https: true });
  assert.equal((await serve({ https: true })).certificate, certificate);
  await demo.session.worker.evaluate(async () => {
    const { local } = /** @type {any} */ (globalThis).chrome.storage;
    const { tls } = await local.get('tls');
    await local.set({ tls: { ...tls, until: Date.now() } });
  });
  const renewed = await serve({ https: true });
  assert.notEqual(renewed.certificate, certificate);
  assert.equal((await get(renewed.url, { ca: renewed.certificate })).status, 200);
  const plain = await serve({});
  assert.equal(plain.certificate, undefined);
  assert.equal((await get(plain.url, {})).status, 200);
});

test('T-61 T-62 T-65 secure() of what cannot be made secure, and of a server that nobody trusts', GUARD, async () => {
  const outcomes = await bench.run(async () => {
    const { call } = globalThis.bench;
    const { tcpServer } = chrome.sockets;
    const outcome = ({ result, error }) => [result ?? null, error ?? null];
    const { socketId: server } = (await call('tcpServer', 'create', { tls: await tcpServer.generateCertificate() }))
      .result;
    await call('tcpServer', 'listen', server, '127.0.0.1', 0);
    const { localPort } = (await call('tcpServer', 'getInfo', server)).result;
    const connected = async (paused) => {
      const { socketId } = (await call('tcp', 'create', {})).result;
      await call('tcp', 'setPaused', socketId, paused);
      await call('tcp', 'connect', socketId, '127.0.0.1', localPort);
      return socketId;
    };
    const results = [outcome(await call('tcp', 'secure', 99_999))];
    const { socketId } = (await call('tcp', 'create', {})).result;
    results.push(outcome(await call('tcp', 'secure', socketId)));
    for (const paused of [false, true]) {
      const id = await connected(paused);
      results.push(outcome(await call('tcp', 'secure', id)), outcome(await call('tcp', 'getInfo', id)));
    }
    return results;
  });
  const gone = [null, 'Socket not found'];
  assert.deepEqual(outcomes, [
    [-4, 'Socket not found'],
    [-4, 'Socket not connected'],
    [-2, 'net::ERR_FAILED'],
    gone,
    [-202, 'net::ERR_CERT_AUTHORITY_INVALID'],
    gone,
  ]);
});

test('T-63 T-67 T-69 secure() to a server whose authority is trusted, and to the extension’s own', GUARD, async (t) => {
  const pair = await authority.pair('localhost');
  const listen = async (/** @type {string} */ name) => {
    const server = tls.createServer(await authority.pair(name), (socket) => socket.pipe(socket));
    server.on('connection', (socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    return /** @type {net.AddressInfo} */ (server.address()).port;
  };
  const ports = await Promise.all(['localhost', 'elsewhere', 'expired', 'unknown'].map(listen));
  const [codes, info, echoed, own] = await bench.run(
    async (ports, pair) => {
      const { call } = globalThis.bench;
      const { tcp, tcpServer } = chrome.sockets;
      const secure = async (port) => {
        const { socketId } = (await call('tcp', 'create', { name: 'n' })).result;
        await call('tcp', 'setPaused', socketId, true);
        await call('tcp', 'connect', socketId, '127.0.0.1', port);
        return { socketId, code: (await call('tcp', 'secure', socketId)).result };
      };
      // What comes back of a text.
      const echo = async (socketId, text) => {
        const received = new Promise((resolve) => {
          let all = '';
          tcp.onReceive.addListener(({ socketId: of, data }) => {
            if (of === socketId) all += new TextDecoder().decode(data);
            if (all.length >= text.length) resolve(all);
          });
        });
        await call('tcp', 'setPaused', socketId, false);
        await call('tcp', 'send', socketId, new TextEncoder().encode(text));
        return received;
      };
      const codes = [];
      let first;
      for (const port of ports) {
        const { socketId, code } = await secure(port);
        first ??= socketId;
        codes.push(code);
      }
      const info = (await call('tcp', 'getInfo', first)).result;
      const echoed = await echo(first, 'to node');
      const { socketId: server } = (
        await call('tcpServer', 'create', { tls: { certificate: pair.cert, privateKey: pair.key } })
      ).result;
      tcpServer.onAccept.addListener(({ clientSocketId }) => {
        tcp.onReceive.addListener(({ socketId, data }) => {
          if (socketId === clientSocketId) tcp.send(clientSocketId, data, () => {});
        });
        tcp.setPaused(clientSocketId, false);
      });
      await call('tcpServer', 'listen', server, '127.0.0.1', 0);
      const { localPort } = (await call('tcpServer', 'getInfo', server)).result;
      const { socketId, code } = await secure(localPort);
      codes.push(code);
      return [codes, [info.connected, info.paused, 'name' in info], echoed, await echo(socketId, 'to myself')];
    },
    ports,
    pair,
  );
  assert.deepEqual(codes, [0, -200, -201, -202, 0]);
  assert.deepEqual(info, [true, true, false]);
  assert.deepEqual([echoed, own], ['to node', 'to myself']);
});
