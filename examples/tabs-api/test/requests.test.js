import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, TOKEN } from './support.js';

const bearer = `Authorization: Bearer ${TOKEN}\r\n`;

test('GET / is a page with the tabs and the connections', async (t) => {
  const { connect, host, server } = await startServer(t);
  const client = await connect();
  client.write(`GET / HTTP/1.1\r\n${host}\r\n`);
  const { status, headers, body } = await client.answer();
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.match(body, /<a href="https:\/\/one\.example\/" rel="noreferrer">One<\/a>/);
  assert.match(body, /1 live connection</);
  assert.ok(body.includes(`127.0.0.1:${client.socket.localPort}`), 'its own connection stands there');
  assert.equal(server.connections.size, 1);
});

test('the page never shows the token', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  client.write(`GET / HTTP/1.1\r\n${host}${bearer}\r\n`);
  assert.ok(!(await client.answer()).body.includes(TOKEN));
});

test('titles and addresses are escaped, and only web addresses become links', async (t) => {
  const { connect, host, fake } = await startServer(t);
  fake.tabList = [
    { id: 1, windowId: 1, active: false, incognito: false, title: '<script>"\'&', url: 'javascript:alert(1)' },
    { id: 2, windowId: 1, active: false, incognito: false, title: '', url: 'https://x.example/"><b>' },
  ];
  const client = await connect();
  client.write(`GET / HTTP/1.1\r\n${host}\r\n`);
  const { body } = await client.answer();
  assert.ok(body.includes('&lt;script&gt;&quot;&#39;&amp;'));
  assert.ok(!body.includes('<script>') && !body.includes('<b>'));
  assert.ok(!body.includes('href="javascript:'));
});

test('GET /tabs lists the tabs without private ones', async (t) => {
  const { connect, host, fake } = await startServer(t);
  fake.tabList.push({ id: 2, windowId: 2, active: true, incognito: true, title: 'Secret', url: 'https://s.example/' });
  const client = await connect();
  client.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  const { status, headers, body } = await client.answer();
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.deepEqual(JSON.parse(body), {
    tabs: [{ id: 1, windowId: 1, active: true, title: 'One', url: 'https://one.example/' }],
  });
});

test('POST /tabs?url= opens a tab', async (t) => {
  const { connect, host, fake } = await startServer(t);
  const client = await connect();
  client.write(
    `POST /tabs?url=https%3A%2F%2Ftwo.example%2F%3Fa%3D1 HTTP/1.1\r\n${host}${bearer}Content-Length: 0\r\n\r\n`,
  );
  const { status, body } = await client.answer();
  assert.equal(status, 201);
  assert.equal(JSON.parse(body).url, 'https://two.example/?a=1');
  assert.equal(fake.tabList.length, 2);
});

for (const url of ['', 'javascript:alert(1)', 'file:///etc/passwd', 'chrome://settings', 'data:,x', 'x', 'http://']) {
  test(`POST /tabs?url=${url} is refused`, async (t) => {
    const { connect, host, fake } = await startServer(t);
    const client = await connect();
    client.write(`POST /tabs?url=${encodeURIComponent(url)} HTTP/1.1\r\n${host}${bearer}\r\n`);
    assert.equal((await client.answer()).status, 400);
    assert.equal(fake.tabList.length, 1);
  });
}

test('HEAD has the headers of GET and no body', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  client.write(`GET /tabs HTTP/1.1\r\n${host}\r\nHEAD /tabs HTTP/1.1\r\n${host}\r\n`);
  const get = await client.answer();
  const head = await client.answer({ head: true });
  assert.equal(head.status, 200);
  assert.equal(head.headers['content-length'], get.headers['content-length']);
  client.write(`HEAD /none HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
  assert.equal((await client.answer({ head: true })).status, 404);
  assert.equal(await client.closed(), '');
});

test('other paths are 404, other methods 405 with Allow', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  for (const target of ['/x', '/tabs/', '//tabs', '/%74abs', '/?', '*']) {
    client.write(`OPTIONS ${target} HTTP/1.1\r\n${host}\r\n`);
    assert.equal((await client.answer()).status, target === '/?' ? 405 : 404, target);
  }
  client.write(`DELETE /tabs HTTP/1.1\r\n${host}\r\nPOST / HTTP/1.1\r\n${host}\r\n`);
  const tabs = await client.answer();
  assert.deepEqual([tabs.status, tabs.headers.allow], [405, 'GET, HEAD, POST']);
  const root = await client.answer();
  assert.deepEqual([root.status, root.headers.allow], [405, 'GET, HEAD']);
});

test('a failure inside is a 500 that tells nothing', async (t) => {
  const { connect, host, fake } = await startServer(t);
  t.mock.method(console, 'error', () => {});
  fake.tabs.query = async () => {
    throw new Error('inner secret');
  };
  const client = await connect();
  client.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  const { status, body } = await client.answer();
  assert.equal(status, 500);
  assert.ok(!body.includes('secret'));
});
