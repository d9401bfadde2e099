/** How connections end: by the peer, by a reset, by ourselves. */

import { scenario } from './scenario.js';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-27 T-28 the peer sends and ends', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.write('last words');
    await peer.end();
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
    t.note('the peer', await peer.rest());
    await t.barrier();
  }),
  scenario('T-29 the peer resets', async (t) => {
    const { socketId, peer } = await t.connect();
    await peer.write('before');
    await t.received(socketId, 6);
    await peer.reset();
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
    await t.barrier();
  }),
  scenario('an accepted socket whose peer ends, and resets', async (t) => {
    for (const how of /** @type {const} */ (['end', 'reset'])) {
      const { socketId, peer } = await t.accept();
      await t.call('tcp', 'setPaused', socketId, false);
      await peer.write(how);
      await t.received(socketId, how.length);
      await peer[how]();
      await t.ended(socketId);
      await t.call('tcp', 'getInfo', socketId);
      await t.send(socketId, 'too late');
    }
  }),
  scenario('half-close: the peer ends its side and waits for an answer that cannot be sent', async (t) => {
    const { socketId, peer } = await t.accept();
    await t.call('tcp', 'setPaused', socketId, false);
    await peer.write('GET / HTTP/1.0');
    await peer.end();
    await t.ended(socketId);
    await t.send(socketId, 'HTTP/1.0 200 OK');
    await t.call('tcp', 'disconnect', socketId);
    await t.call('tcp', 'close', socketId);
    t.note('the peer', await peer.rest());
  }),
  scenario('half-close while paused: the answer goes out', async (t) => {
    const { socketId, peer } = await t.accept();
    await peer.write('GET / HTTP/1.0');
    await peer.end();
    await t.barrier();
    await t.send(socketId, 'HTTP/1.0 200 OK');
    t.note('the peer has', await peer.receive(15));
    await t.call('tcp', 'setPaused', socketId, false);
    await t.ended(socketId);
    t.note('the peer', await peer.rest());
  }),
  scenario('T-40 close while reading', async (t) => {
    const { socketId, peer } = await t.connect();
    await t.call('tcp', 'close', socketId);
    await t.ended(socketId);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'close', socketId);
    t.note('the peer', await peer.rest());
    await t.barrier();
  }),
  scenario('T-41 close while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await t.call('tcp', 'close', socketId);
    t.note('the peer', await peer.rest());
    await t.barrier();
  }),
  scenario('T-34 disconnect while reading, twice', async (t) => {
    const { socketId, peer } = await t.connect();
    t.tcp.disconnect(socketId, () => {});
    t.tcp.disconnect(socketId, () => {});
    await t.ended(socketId);
    await t.settled();
    await t.call('tcp', 'getInfo', socketId);
    t.note('the peer', await peer.rest());
    await t.barrier();
  }),
  scenario('T-35 disconnect while paused', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true });
    await t.call('tcp', 'disconnect', socketId);
    await t.call('tcp', 'getInfo', socketId);
    t.note('the peer', await peer.rest());
    await t.barrier();
  }),
  scenario('close and disconnect of an accepted socket, paused and not', async (t) => {
    for (const method of ['close', 'disconnect']) {
      for (const paused of [true, false]) {
        const { socketId, peer } = await t.accept();
        await t.call('tcp', 'setPaused', socketId, paused);
        await t.call('tcp', method, socketId);
        if (!paused) await t.ended(socketId);
        await t.call('tcp', 'getInfo', socketId);
        t.note('the peer', await peer.rest());
      }
    }
    await t.barrier();
  }),
  scenario('disconnect, then close, without waiting', async (t) => {
    const { socketId } = await t.connect();
    t.tcp.disconnect(socketId, () => {});
    t.tcp.close(socketId, () => {});
    t.tcp.getInfo(socketId, () => {});
    t.tcp.close(socketId, () => {});
    await t.settled();
    await t.ended(socketId);
    await t.barrier();
  }),
  scenario('close with calls pending behind it', async (t) => {
    const { socketId } = await t.connect({ paused: true });
    t.tcp.close(socketId, () => {});
    t.tcp.send(socketId, new ArrayBuffer(1), () => {});
    t.tcp.setPaused(socketId, false, () => {});
    t.tcp.setNoDelay(socketId, true, () => {});
    t.tcp.update(socketId, { name: 'late' }, () => {});
    t.tcp.connect(socketId, '127.0.0.1', 1, () => {});
    t.tcp.disconnect(socketId, () => {});
    await t.settled();
  }),
  scenario(
    'D5 close while data of the peer waits unread',
    async (t) => {
      const { socketId, peer } = await t.connect({ paused: true });
      // More than Chromium reads ahead.
      t.note('written', await peer.write(300_000));
      await t.send(socketId, 'answer');
      // First, because Node takes a reset for an end when it comes together with data.
      t.note('the peer has', await peer.receive(6));
      await t.call('tcp', 'close', socketId);
      t.note('the peer', await peer.rest());
      await t.barrier();
    },
    {
      accepts: {
        D5: ['script - the peer: {data: "\\"\\"", end: "RST"}', 'script + the peer: {data: "\\"\\"", end: "FIN"}'],
      },
    },
  ),
  scenario('close inside of onReceive: nothing more is received', async (t) => {
    const { socketId, peer } = await t.connect({ properties: { bufferSize: 4 } });
    let closed;
    const close = (/** @type {any} */ info) => {
      if (info.socketId === socketId) closed ??= t.call('tcp', 'close', socketId);
    };
    t.tcp.onReceive.addListener(close);
    await peer.write('four');
    await t.received(socketId, 4);
    await closed;
    await t.ended(socketId);
    t.tcp.onReceive.removeListener(close);
    await t.barrier();
  }),
  scenario('connect again inside of onReceiveError', async (t) => {
    const { socketId, peer, server } = await t.connect();
    let connected;
    const again = (/** @type {any} */ info) => {
      if (info.socketId === socketId) connected ??= t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    };
    t.tcp.onReceiveError.addListener(again);
    const accepted = server.accept();
    await peer.end();
    await t.ended(socketId);
    await connected;
    t.tcp.onReceiveError.removeListener(again);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setPaused', socketId, false);
    await (await accepted).write('again');
    await t.received(socketId, 5);
  }),
];
