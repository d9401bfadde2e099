import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { Client } from '../../examples/tabs-api/test/client.js';
import { eventually, GUARD, hosts, useDemo } from './support.js';

const demo = useDemo();
const host = () => `Host: 127.0.0.1:${demo.port}\r\n`;
const bearer = () => `Authorization: Bearer ${demo.token}\r\n`;
const post = () => `POST /tabs?url=${encodeURIComponent(`${demo.url}tabs`)} HTTP/1.1\r\n${host()}${bearer()}`;

test('the page shows the open tabs and its own connection, and works in the browser', GUARD, async () => {
  const page = await demo.session.browser.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  const response = await page.goto(demo.url);
  assert.equal(response?.status(), 200);
  assert.equal(await page.title(), 'Tabs API');
  const text = await page.evaluate(() => document.body.textContent);
  assert.match(text ?? '', /\d+ open tabs/);
  assert.match(text ?? '', /127\.0\.0\.1:\d+/);
  // The policy lets exactly this style in: the heading would have another size without it.
  assert.equal(
    await page.evaluate(() => getComputedStyle(document.querySelector('h1') ?? document.body).fontSize),
    '25.6px',
  );
  assert.deepEqual(complaints, []);
  await page.close();
});

test('GET /tabs, POST /tabs and GET /tabs again on one connection: the tab is there', GUARD, async (t) => {
  const client = await Client.connect(t, demo.port);
  client.write(`GET /tabs HTTP/1.1\r\n${host()}\r\n`);
  const before = JSON.parse((await client.answer()).body).tabs;
  client.write(`${post()}\r\n`);
  const created = await client.answer();
  assert.equal(created.status, 201);
  client.write(`GET /tabs HTTP/1.1\r\n${host()}\r\n`);
  const after = JSON.parse((await client.answer()).body).tabs;
  assert.equal(after.length, before.length + 1);
  assert.ok(after.some((/** @type {any} */ tab) => tab.id === JSON.parse(created.body).id));
});

test('HEAD, 404, 405, 400, 413, 431', GUARD, async (t) => {
  const client = await Client.connect(t, demo.port);
  client.write(`HEAD / HTTP/1.1\r\n${host()}\r\n`);
  const head = await client.answer({ head: true });
  assert.deepEqual([head.status, Number(head.headers['content-length']) > 1000], [200, true]);
  client.write(`GET /x HTTP/1.1\r\n${host()}\r\nDELETE /tabs HTTP/1.1\r\n${host()}\r\n`);
  assert.equal((await client.answer()).status, 404);
  const { status, headers } = await client.answer();
  assert.deepEqual([status, headers.allow], [405, 'GET, HEAD, POST']);
  for (const [request, expected] of /** @type {const} */ ([
    [`${post()}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['nonsense\r\n\r\n', 501],
    [`${post()}Content-Length: 99999999\r\n\r\n`, 413],
    [`GET / HTTP/1.1\r\n${host()}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])) {
    const other = await Client.connect(t, demo.port);
    other.write(request);
    assert.equal((await other.answer()).status, expected);
    await other.closed();
  }
});

test('a request that arrives byte by byte', GUARD, async (t) => {
  const client = await Client.connect(t, demo.port);
  for (const byte of `${post()}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`) {
    client.socket.write(byte);
    // One packet each: without Nagle's algorithm, a write in a turn of its own is a segment of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.answer()).status, 201);
});

test('500 pipelined requests are answered in order', GUARD, async (t) => {
  const client = await Client.connect(t, demo.port);
  const wanted = Array.from({ length: 500 }, (_, i) => (i % 7 === 0 ? 200 : 404));
  client.write(wanted.map((s) => `GET ${s === 200 ? '/tabs' : '/x'} HTTP/1.1\r\n${host()}\r\n`).join(''));
  for (const status of wanted) assert.equal((await client.answer()).status, status);
});

for (const chunked of [false, true]) {
  test(`bodies of 1 MB, ${chunked ? 'chunked' : 'with a length'}, five on one connection`, GUARD, async (t) => {
    const client = await Client.connect(t, demo.port);
    const body = Buffer.alloc(1_000_000, 'GET / HTTP/1.1\r\n\r\n');
    for (let i = 0; i < 5; i++) {
      client.write(`POST /x HTTP/1.1\r\n${host()}`);
      client.write(chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : `Content-Length: ${body.length}\r\n\r\n`);
      if (chunked) client.write(`${body.length.toString(16)}\r\n`);
      client.write(body);
      if (chunked) client.write('\r\n0\r\n\r\n');
    }
    for (let i = 0; i < 5; i++) assert.equal((await client.answer()).status, 404);
  });
}

test('200 clients at once are all answered', GUARD, async (t) => {
  const clients = await Promise.all(Array.from({ length: 200 }, () => Client.connect(t, demo.port)));
  for (const client of clients) client.write(`GET /tabs HTTP/1.1\r\n${host()}\r\n`);
  const answers = await Promise.all(clients.map((client) => client.answer()));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  for (const client of clients) client.write(`GET /x HTTP/1.1\r\n${host()}Connection: close\r\n\r\n`);
  const again = await Promise.all(clients.map((client) => client.answer()));
  assert.deepEqual(new Set(again.map(({ status }) => status)), new Set([404]));
  await Promise.all(clients.map((client) => client.closed()));
});

test('Node’s own client with an agent keeps the connection', GUARD, async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set();
  for (let i = 0; i < 20; i++) {
    const request = http.get(`${demo.url}tabs`, { agent });
    const [response] = await once(request, 'response');
    assert.equal(response.statusCode, 200);
    ports.add(response.socket.localPort);
    response.resume();
    await once(response, 'end');
  }
  assert.equal(ports.size, 1);
  agent.destroy();
});

test('wrong Host 421, foreign Origin 403, no token 401', GUARD, async (t) => {
  const client = await Client.connect(t, demo.port);
  client.write(`GET /tabs HTTP/1.1\r\nHost: rebound.invalid:${demo.port}\r\n\r\n`);
  assert.equal((await client.answer()).status, 421);
  client.write(`${post()}Origin: https://elsewhere.invalid\r\n\r\n`);
  assert.equal((await client.answer()).status, 403);
  client.write(`POST /tabs?url=http://localhost/&token=${demo.token} HTTP/1.1\r\n${host()}\r\n`);
  assert.equal((await client.answer()).status, 401);
  client.write(`POST /tabs?url=file:///etc/passwd HTTP/1.1\r\n${host()}${bearer()}\r\n`);
  assert.equal((await client.answer()).status, 400);
});

test('a page of another origin can neither read nor post', GUARD, async () => {
  const server = http.createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<title>Elsewhere</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const page = await demo.session.browser.newPage();
  await page.goto(`http://localhost:${port}/`);
  const outcomes = await page.evaluate(
    async (url, token) => {
      const attempt = (/** @type {string} */ path, /** @type {RequestInit} */ init) =>
        fetch(url + path, init).then(
          (response) => `${response.type} ${response.status}`,
          () => 'failed',
        );
      return [
        await attempt('tabs', {}),
        await attempt('tabs', { mode: 'no-cors' }),
        await attempt('tabs?url=http://localhost/', { method: 'POST', mode: 'no-cors' }),
        await attempt('tabs?url=http://localhost/', { method: 'POST', headers: { Authorization: `Bearer ${token}` } }),
      ];
    },
    demo.url,
    demo.token,
  );
  for (const outcome of outcomes) assert.equal(outcome, 'failed');
  await page.close();
  server.close();
});

test('idle connections are closed, and a request that never ends gets 408', GUARD, async (t) => {
  const set = (/** @type {Record<string, number>} */ limits) =>
    demo.session.worker.evaluate((values) => {
      const current = { .../** @type {any} */ (globalThis).tabsApi.limits };
      Object.assign(/** @type {any} */ (globalThis).tabsApi.limits, values);
      return current;
    }, limits);
  const normal = await set({ idleMs: 100, requestMs: 100 });
  t.after(() => set(normal));
  const silent = await Client.connect(t, demo.port);
  assert.equal(await silent.closed(), '');
  const slow = await Client.connect(t, demo.port);
  slow.write(`GET / HTTP/1.1\r\n${host()}X: `);
  assert.equal((await slow.answer()).status, 408);
  await slow.closed();
});

test('of clients that have gone nothing is left', GUARD, async (t) => {
  const count = () => demo.session.worker.evaluate(async () => (await chrome.sockets.tcp.getSockets()).length);
  // The browser keeps connections of its own for a while, so others than ours may go at any time.
  const before = await count();
  const clients = await Promise.all(Array.from({ length: 50 }, () => Client.connect(t, demo.port)));
  await eventually(async () => (await count()) >= 50);
  for (const client of clients) client.socket.destroy();
  await eventually(async () => (await count()) <= before);
});

test('when the host is killed, the server is there again on the same port', GUARD, async (t) => {
  const client = await Client.connect(t, demo.port);
  client.write(`GET /tabs HTTP/1.1\r\n${host()}\r\n`);
  assert.equal((await client.answer()).status, 200);
  const [{ pid }] = await hosts(demo.session);
  process.kill(pid, 'SIGKILL');
  await client.closed();
  const response = await eventually(() => fetch(`${demo.url}tabs`).catch(() => null));
  assert.equal(response.status, 200);
  assert.notEqual((await hosts(demo.session))[0].pid, pid);
});
