/** `tcp.secure`. */

import { scenario } from './scenario.js';
import { connectTo, ready, secured, trySecure } from './securing.js';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-63 T-67 secure: what getInfo tells, and bytes both ways', async (t) => {
    const { socketId, peer } = await secured(t, { properties: { name: 'n', bufferSize: 100, persistent: true } });
    await t.call('tcp', 'getInfo', socketId);
    await t.send(socketId, 'request');
    t.note('the peer has', await peer.receive(7));
    await peer.write('reply');
    await t.barrier();
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 5);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'getSockets');
  }),
  scenario('T-61 T-62 secure: without a connection: the socket stays', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    for (const id of [99_999, -1, 0]) await t.call('tcp', 'secure', id);
    await t.call('tcp', 'secure', socketId);
    await t.call('tcp', 'connect', socketId, '127.0.0.1', t.namePort(await t.peers.freePort(), 'refuses'));
    await t.call('tcp', 'secure', socketId, {});
    await t.call('tcp', 'getInfo', socketId);
    const left = await t.connect({ paused: true });
    await t.call('tcp', 'disconnect', left.socketId);
    await t.call('tcp', 'secure', left.socketId);
    await t.call('tcp', 'getInfo', left.socketId);
    await t.call('tcp', 'close', left.socketId);
    await t.call('tcp', 'secure', left.socketId);
  }),
  scenario('T-64 T-65 secure: while it is read: the socket is gone', async (t) => {
    const { socketId } = await ready(t, { paused: false });
    await t.call('tcp', 'secure', socketId);
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'close', socketId);
  }),
  scenario('T-66 secure: twice: the socket stays', async (t) => {
    const { socketId, peer } = await secured(t);
    await t.call('tcp', 'secure', socketId);
    await t.call('tcp', 'secure', socketId, { tlsVersion: { min: 'tls1.3' } });
    await t.send(socketId, 'still there');
    t.note('the peer has', await peer.receive(11));
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('T-68 secure: what a connection that speaks TLS does not take', async (t) => {
    const { socketId, server } = await secured(t);
    await t.call('tcp', 'setNoDelay', socketId, true);
    await t.call('tcp', 'setKeepAlive', socketId, true, 5);
    await t.call('tcp', 'setKeepAlive', socketId, false);
    await t.call('tcp', 'connect', socketId, 'localhost', server.port);
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('secure: properties of a connection that speaks TLS', async (t) => {
    const { socketId, peer } = await secured(t, { properties: { name: 'a', bufferSize: 3 } });
    await t.call('tcp', 'update', socketId, { name: 'b' });
    await t.call('tcp', 'update', socketId, { bufferSize: 5, persistent: true });
    await t.call('tcp', 'getInfo', socketId);
    await peer.write('twelve bytes');
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 12);
    t.note('no piece is longer than bufferSize', Math.max(...t.sizes(socketId)) <= 5);
  }),
  scenario('secure: hosts in other words: the name that a certificate is to be for', async (t) => {
    for (const host of ['LOCALHOST', 'loc%61lhost', 'ｌocalhost', 'a.localhost', '127.0.0.1', '127.1', '%31%32%37.1']) {
      await trySecure(t, { host });
    }
  }),
  scenario('secure: the name that the peer is told', async (t) => {
    const { server, socketId } = await ready(t, { host: 'LocalHost' });
    const accepted = server.accept();
    await t.call('tcp', 'secure', socketId);
    t.note('name', await (await accepted).name());
  }),
  scenario('T-70 secure: versions of TLS', async (t) => {
    const only12 = { maxVersion: 'TLSv1.2' };
    const only13 = { minVersion: 'TLSv1.3' };
    for (const [server, min, max] of [
      [only12, 'tls1'],
      [only12, 'tls1.1', 'tls1.2'],
      [only12, 'tls1.3'],
      [only12, 'tls1.3', 'tls1.2'],
      [only12, undefined, 'tls1.3'],
      [only12, undefined, 'bogus'],
      [only12, 'bogus'],
      [only12, null, null],
      [only13, 'tls1.3', 'tls1.3'],
      [only13, undefined, 'tls1.2'],
      [only13, 'tls1', 'tls1.1'],
      [only13, 'TLS1.2', 'TLS1.2'],
      [only13, '', ''],
    ]) {
      await trySecure(t, { server: /** @type {object} */ (server) }, { tlsVersion: { min, max } });
    }
  }),
  scenario('secure: a server that knows none of our versions and ciphers', async (t) => {
    await trySecure(t, { server: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } });
    await trySecure(t, { server: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } });
  }),
  scenario('secure: mistakes in the arguments', async (t) => {
    const done = () => {};
    for (const args of [
      [],
      [done],
      ['1', done],
      [1.5, done],
      [99_999, 'tls1.2', done],
      [99_999, [], done],
      [99_999, { foo: 1 }, done],
      [99_999, { tlsVersion: 'tls1.2' }, done],
      [99_999, { tlsVersion: [] }, done],
      [99_999, { tlsVersion: done }, done],
      [99_999, { tlsVersion: { min: 1 } }, done],
      [99_999, { tlsVersion: { max: {} } }, done],
      [99_999, { tlsVersion: { mid: 'tls1.2' } }, done],
      [99_999, {}, done, 1],
      [99_999, { tlsVersion: null }, done],
      [99_999, { tlsVersion: { min: null, max: undefined } }, done],
      [99_999, null, done],
      [99_999, undefined, done],
    ]) {
      await t.attempt('tcp', 'secure', ...args);
    }
    await t.settled();
  }),
  scenario('T-76 secure: of an accepted socket', async (t) => {
    const { socketId, peer } = await t.accept();
    await t.call('tcp', 'secure', socketId);
    await t.call('tcp', 'getInfo', socketId);
    t.note('the peer', (await peer.rest()).end !== undefined);
  }),
  scenario('secure: behind a send: what was sent before goes in the clear', async (t) => {
    const server = await t.peers.listen();
    const socketId = await connectTo(t, server.port, { host: 'localhost' });
    const peer = await server.accept();
    await t.send(socketId, 'STARTTLS');
    t.note('the peer has', await peer.receive(8));
    await peer.upgrade();
    await t.call('tcp', 'secure', socketId);
    await t.send(socketId, 'hidden');
    t.note('the peer has', await peer.receive(6));
    await peer.write('as hidden');
    await t.call('tcp', 'setPaused', socketId, false);
    await t.received(socketId, 9);
  }),
  scenario('secure: much, both ways', async (t) => {
    const { socketId, peer } = await secured(t);
    await t.call('tcp', 'setPaused', socketId, false);
    const length = 3 << 20;
    await t.send(socketId, length);
    t.note('the peer has', await peer.receive(length));
    await peer.write(length);
    await t.received(socketId, length);
  }),
  scenario('secure: paused and un-paused', async (t) => {
    const { socketId, peer } = await secured(t);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.call('tcp', 'setPaused', socketId, true);
    await t.call('tcp', 'setPaused', socketId, false);
    await peer.write('one');
    await t.received(socketId, 3);
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('secure: many sends are answered in order, and empty ones too', async (t) => {
    const { socketId, peer } = await secured(t);
    const lengths = [1, 20_000, 3, 70_000, 5];
    await Promise.all(lengths.map((length) => t.send(socketId, length)));
    for (const length of lengths) t.note(`${length}`, await peer.receive(length));
    await t.send(socketId, '');
    await t.send(socketId, 'behind');
    t.note('the peer has', await peer.receive(6));
  }),
  scenario('secure: the peer ends a connection that speaks TLS', async (t) => {
    const { socketId, peer } = await secured(t);
    await peer.write('last words');
    await peer.end();
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
    await t.send(socketId, 'too late');
  }),
  scenario('secure: disconnect of a connection that speaks TLS, and what the socket takes then', async (t) => {
    const { socketId, server, peer } = await secured(t, { properties: { name: 'n' } });
    await t.call('tcp', 'setPaused', socketId, false);
    await t.send(socketId, 'good bye');
    await t.call('tcp', 'disconnect', socketId);
    await t.ended(socketId);
    t.note('the peer has', (await peer.rest()).data);
    await t.call('tcp', 'getInfo', socketId);
    await t.send(socketId, 'x');
    await t.call('tcp', 'secure', socketId);
    await t.call('tcp', 'connect', socketId, 'localhost', server.port);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'disconnect', socketId);
    await t.call('tcp', 'close', socketId);
  }),
  scenario('secure: close of a connection that speaks TLS', async (t) => {
    const { socketId, peer } = await secured(t);
    await t.send(socketId, 'good bye');
    await t.call('tcp', 'close', socketId);
    t.note('the peer has', (await peer.rest()).data);
    await t.barrier();
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('secure: a server that wants a certificate of its client', async (t) => {
    const wants = { requestCert: true, rejectUnauthorized: true };
    await trySecure(t, { server: { ...wants, maxVersion: 'TLSv1.2' } });
    await trySecure(t, { server: { requestCert: true, rejectUnauthorized: false } });
  }),
  scenario('secure: two sockets speak TLS with one server at the same time', async (t) => {
    const server = await t.peers.listenTls();
    const sockets = [await connectTo(t, server.port), await connectTo(t, server.port)];
    await Promise.all(sockets.map((socketId) => t.call('tcp', 'secure', socketId)));
    for (const socketId of sockets) await t.call('tcp', 'getInfo', socketId);
  }),
];
