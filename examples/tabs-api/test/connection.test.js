import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { startServer, TOKEN } from './support.js';

const bearer = `Authorization: Bearer ${TOKEN}\r\n`;
const post = 'POST /tabs?url=https://two.example/ HTTP/1.1\r\n';

test('a request that arrives byte by byte is understood', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  for (const byte of `${post}${host}${bearer}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n`) {
    client.socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.answer()).status, 201);
});

test('pipelined requests are answered in order, and much input pauses the socket', async (t) => {
  const { connect, host, fake } = await startServer(t, { backlog: 1000 });
  const client = await connect();
  const paths = Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? '/tabs' : `/none${i}`));
  client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`).join(''));
  for (const path of paths) assert.equal((await client.answer()).status, path === '/tabs' ? 200 : 404);
  assert.ok(fake.pauses > 0, 'the socket was paused at least once');
});

test('keep-alive follows the version and the Connection header', async (t) => {
  const { connect, host } = await startServer(t);
  const kept = await connect();
  kept.write(`GET /tabs HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`);
  assert.equal((await kept.answer()).headers.connection, 'keep-alive');
  kept.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  assert.equal((await kept.answer()).headers.connection, 'keep-alive');
  for (const start of [
    'HTTP/1.0\r\n',
    'HTTP/1.1\r\nConnection: close\r\n',
    'HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n',
  ]) {
    const client = await connect();
    client.write(`GET /tabs ${start}${host}\r\nGET /tabs HTTP/1.1\r\n${host}\r\n`);
    assert.equal((await client.answer()).headers.connection, 'close', start);
    assert.equal(await client.closed(), '', 'the second request is not answered');
  }
});

for (const framing of ['Content-Length', 'Transfer-Encoding']) {
  test(`a body of 1 MB with ${framing} is taken, and the next request is found behind it`, async (t) => {
    const { connect, host } = await startServer(t);
    const client = await connect();
    const body = Buffer.alloc(1_000_000, 'GET / HTTP/1.1\r\n\r\n');
    if (framing === 'Content-Length') {
      client.write(`${post}${host}${bearer}Content-Length: ${body.length}\r\n\r\n`);
      client.write(body);
    } else {
      client.write(`${post}${host}${bearer}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`);
      client.write(body);
      client.write('\r\n0\r\n\r\n');
    }
    client.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
    assert.equal((await client.answer()).status, 201);
    assert.equal(JSON.parse((await client.answer()).body).tabs.length, 2);
  });
}

test('a body that is refused is read before the answer, so that the connection goes on', async (t) => {
  const { connect, host } = await startServer(t);
  const client = await connect();
  client.write(`POST /none HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhelloGET /tabs HTTP/1.1\r\n${host}\r\n`);
  assert.equal((await client.answer()).status, 404);
  assert.equal((await client.answer()).status, 200);
});

test('a body over the limit is refused, announced or not', async (t) => {
  const { connect, host } = await startServer(t, { body: 1000, lingerMs: 50 });
  const announced = await connect();
  announced.write(`${post}${host}${bearer}Content-Length: 1001\r\n\r\n`);
  assert.equal((await announced.answer()).status, 413);
  const chunked = await connect();
  chunked.write(`${post}${host}${bearer}Transfer-Encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1000)}\r\n1\r\nx\r\n`);
  const { status, headers } = await chunked.answer();
  assert.deepEqual([status, headers.connection], [413, 'close']);
  await Promise.all([announced.closed(), chunked.closed()]);
});

test('a client that still sends its body sees the refusal', async (t) => {
  const { connect, host } = await startServer(t, { body: 1000 });
  const client = await connect();
  client.write(`${post}${host}${bearer}Content-Length: 8000000\r\n\r\n`);
  for (let i = 0; i < 8; i++) client.write(Buffer.alloc(1_000_000));
  if (client.socket.writableNeedDrain) await once(client.socket, 'drain');
  assert.equal((await client.answer()).status, 413);
});

test('Expect: 100-continue is granted, refused or not understood', async (t) => {
  const { connect, host } = await startServer(t, { lingerMs: 50 });
  const granted = await connect();
  granted.write(`${post}${host}${bearer}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  assert.equal((await granted.answer()).status, 100);
  granted.write('ok');
  assert.equal((await granted.answer()).status, 201);
  const refused = await connect();
  refused.write(`${post}${host}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  const { status, headers } = await refused.answer();
  assert.deepEqual([status, headers['www-authenticate'], headers.connection], [401, 'Bearer', 'close']);
  const strange = await connect();
  strange.write(`${post}${host}${bearer}Expect: tea\r\n\r\n`);
  assert.equal((await strange.answer()).status, 417);
});

test('one connection too many is told so', async (t) => {
  const { connect, host, server } = await startServer(t, { connections: 2 });
  const clients = [await connect(), await connect()];
  for (const client of clients) {
    client.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
    assert.equal((await client.answer()).status, 200);
  }
  const third = await connect();
  assert.equal((await third.answer()).status, 503);
  assert.equal(await third.closed(), '');
  clients[0].socket.destroy();
  while (server.connections.size > 1) await new Promise((resolve) => setImmediate(resolve));
  const fourth = await connect();
  fourth.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  assert.equal((await fourth.answer()).status, 200);
});

// The limits that are not meant here are 30 seconds.
test('idle connections are closed, slow requests get 408', { timeout: 15_000 }, async (t) => {
  const { connect, host, server } = await startServer(t, { idleMs: 60, requestMs: 60, lingerMs: 20 });
  const silent = await connect();
  assert.equal(await silent.closed(), '');
  const kept = await connect();
  kept.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  assert.equal((await kept.answer()).status, 200);
  assert.equal(await kept.closed(), '');
  const slow = await connect();
  slow.write(`GET /tabs HTTP/1.1\r\n${host}X-Slow: `);
  const dribble = setInterval(() => slow.write('x'), 10);
  t.after(() => clearInterval(dribble));
  assert.equal((await slow.answer()).status, 408);
  await slow.closed();
  assert.equal(server.connections.size, 0);
});

test('a client that does not take its answers is dropped', { timeout: 15_000 }, async (t) => {
  const { connect, host, fake, server } = await startServer(t, { sendMs: 60 });
  fake.tabList[0].title = 'x'.repeat(5_000_000);
  const client = await connect();
  client.socket.pause();
  client.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`.repeat(10));
  while (server.connections.size === 0) await new Promise((resolve) => setImmediate(resolve));
  while (server.connections.size > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('after the death of the host it listens again on the same port', async (t) => {
  const { connect, host, fake, server } = await startServer(t);
  const { port } = server;
  const lost = await connect();
  lost.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  await lost.answer();
  const listening = new Promise((resolve) => {
    const { listen } = server;
    server.listen = async (port) => resolve(await listen.call(server, port));
  });
  fake.killHost();
  await listening;
  assert.equal(server.port, port);
  assert.equal(server.connections.size, 0);
  const client = await connect();
  client.write(`GET /tabs HTTP/1.1\r\n${host}\r\n`);
  assert.equal((await client.answer()).status, 200);
});

test('a client that is accepted before the server knows that it listens is served', async (t) => {
  const { connect, fake, server } = await startServer(t);
  const { getInfo } = fake.sockets.tcpServer;
  /** @type {Promise<import('./client.js').Client>} */
  const connected = new Promise((resolve) => {
    fake.sockets.tcpServer.getInfo = (id, callback) => {
      getInfo(id, async (/** @type {{localPort: number}} */ info) => {
        const { port } = server;
        server.port = info.localPort;
        const client = await connect();
        server.port = port;
        while (server.connections.size === 0) await new Promise((next) => setImmediate(next));
        callback(info);
        resolve(client);
      });
    };
  });
  await server.listen(0);
  const client = await connected;
  client.write(`GET /tabs HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`);
  assert.equal((await client.answer()).status, 200);
});
