import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equal, newToken } from '../src/guard.js';
import { startServer, TOKEN } from './support.js';

test('Host has to be this server', async (t) => {
  const { connect, server } = await startServer(t);
  const { port } = server;
  const answers = {
    [`127.0.0.1:${port}`]: 200,
    [`localhost:${port}`]: 200,
    [`LocalHost:${port}`]: 200,
    localhost: 421,
    '127.0.0.1': 421,
    [`127.0.0.1:${port + 1}`]: 421,
    [`rebound.example:${port}`]: 421,
    [`127.0.0.1.rebound.example:${port}`]: 421,
    [`localhost.:${port}`]: 421,
    [`[::1]:${port}`]: 421,
    '': 421,
  };
  const client = await connect();
  for (const [host, status] of Object.entries(answers)) {
    client.write(`GET /tabs HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.equal((await client.answer()).status, status, host);
  }
  client.write(`GET http://rebound.example:${port}/tabs HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  assert.equal((await client.answer()).status, 421);
  client.write(`GET http://localhost:${port}/tabs HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  assert.equal((await client.answer()).status, 200);
});

test('Host is needed exactly once', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  client.write(`GET /tabs HTTP/1.1\r\n\r\nGET /tabs HTTP/1.1\r\n${host}${host}\r\nGET /tabs HTTP/1.0\r\n\r\n`);
  assert.equal((await client.answer()).status, 400);
  assert.equal((await client.answer()).status, 400);
  assert.equal((await client.answer()).status, 400);
});

test('a foreign Origin or site is refused, the own one is not', async (t) => {
  const { connect, host, server } = await startServer(t);
  const client = await connect();
  const answers = {
    [`Origin: http://127.0.0.1:${server.port}`]: 200,
    [`Origin: http://localhost:${server.port}`]: 200,
    [`Origin: https://127.0.0.1:${server.port}`]: 403,
    [`Origin: http://127.0.0.1:${server.port + 1}`]: 403,
    'Origin: http://127.0.0.1': 403,
    'Origin: https://evil.example': 403,
    'Origin: null': 403,
    'Origin:': 403,
    'Sec-Fetch-Site: cross-site': 403,
    'Sec-Fetch-Site: same-site': 403,
    'Sec-Fetch-Site: same-origin': 200,
    'Sec-Fetch-Site: none': 200,
  };
  for (const [line, status] of Object.entries(answers)) {
    client.write(`GET /tabs HTTP/1.1\r\n${host}${line}\r\n\r\n`);
    assert.equal((await client.answer()).status, status, line);
  }
});

test('POST needs the token in its header', async (t) => {
  const { connect, host, fake } = await startServer(t);
  const client = await connect();
  const wrong = [
    '',
    `Bearer ${TOKEN}b`,
    `Bearer ${TOKEN.slice(1)}`,
    `Bearer b${TOKEN.slice(1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
  ];
  for (const value of wrong) {
    client.write(`POST /tabs?url=http://x/&token=${TOKEN} HTTP/1.1\r\n${host}Authorization: ${value}\r\n\r\n`);
    const { status, headers } = await client.answer();
    assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer'], value);
  }
  client.write(`POST /tabs?url=http://x/ HTTP/1.1\r\n${host}\r\n`);
  assert.equal((await client.answer()).status, 401);
  assert.equal(fake.tabList.length, 1);
});

test('a foreign page with the token still gets 403', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  const token = `Authorization: Bearer ${TOKEN}\r\n`;
  client.write(`POST /tabs?url=http://x/ HTTP/1.1\r\n${host}${token}Origin: https://evil.example\r\n\r\n`);
  assert.equal((await client.answer()).status, 403);
});

test('every answer has the security headers and none has CORS', async (t) => {
  const { connect, host } = await startServer(t);
  for (const start of ['GET / ', 'GET /tabs ', 'GET /none ', 'POST / ', 'OPTIONS /tabs ', 'GET bad ', 'BAD']) {
    const client = await connect();
    client.write(`${start}HTTP/1.1\r\n${host}\r\n`);
    const { headers } = await client.answer();
    assert.match(headers['content-security-policy'], /^default-src 'none'.*frame-ancestors 'none'/, start);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.ok(!Object.keys(headers).some((name) => name.startsWith('access-control')), start);
  }
});

test('tokens are long and differ, and are compared whole', () => {
  assert.match(newToken(), /^[0-9a-f]{64}$/);
  assert.notEqual(newToken(), newToken());
  assert.ok(equal('abc', 'abc'));
  for (const other of ['abd', 'ab', 'abcd', '', 'bbc', 'abc\0']) assert.ok(!equal(other, 'abc'), other);
});
