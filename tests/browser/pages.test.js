import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { hostProgram } from '../../scripts/lib/browser.mjs';
import {
  assemble,
  chromiumOnly,
  connect,
  eventually,
  GUARD,
  hosts,
  inFirefox,
  openBench,
  openHands,
  openPage,
  pageAddress,
  readAll,
  sha256,
  useBench,
} from './support.js';

// An extension with a background and pages of every kind.
const ADD_ON = 'no-background@chrome-sockets.invalid';
const bench = useBench({
  addOns: [ADD_ON],
  manifest: {
    permissions: ['nativeMessaging', 'offscreen'],
    action: { default_popup: 'page.html#popup' },
  },
});

const MIB = 1024 * 1024;

/**
 * What the browser opens by itself.
 *
 * @param {string} file
 */
async function opened(file) {
  const target = await bench.session.browser.waitForTarget(
    (each) => each.url() === pageAddress(bench.session.id, file),
    { timeout: 60_000 },
  );
  const page = await target.asPage();
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

/** Opens the offscreen document, which is closed after the test. @param {import('node:test').TestContext} t */
async function openOffscreen(t) {
  await bench.run(() =>
    chrome.offscreen.createDocument({ url: 'page.html#offscreen', reasons: ['BLOBS'], justification: 'a test' }),
  );
  t.after(() => bench.run(() => chrome.offscreen.closeDocument()));
  return opened('page.html#offscreen');
}

/** Opens the real popup. @param {import('node:test').TestContext} t */
async function openPopup(t) {
  await bench.run(() => chrome.action.openPopup());
  const popup = await opened('page.html#popup');
  t.after(() => popup.close().catch(() => {}));
  return popup;
}

test(
  'SPEC 6: worker, options page, popup and offscreen document use the same sockets and hear the same events',
  chromiumOnly('it has no offscreen documents, and its popup cannot be driven'),
  async (t) => {
    const contexts = { page: await openHands(t, bench), popup: await openPopup(t), offscreen: await openOffscreen(t) };
    const server = await contexts.popup.evaluate(() => globalThis.bench.listen());
    const all = { worker: { evaluate: bench.run }, ...contexts };
    for (const [name, context] of Object.entries(all)) {
      const { result } = await context.evaluate(() => globalThis.bench.call('tcpServer', 'getSockets'));
      assert.deepEqual(
        result.map(({ socketId }) => socketId),
        [server.socketId],
        name,
      );
    }
    assert.equal((await hosts(bench.session)).length, 1);

    const data = randomBytes(MIB);
    const heard = Promise.all(
      Object.values(all).map((context) =>
        context.evaluate(
          async (server, total) => {
            const { firstClient, until, hasEnded, bytesOf, sha256, log } = globalThis.bench;
            const client = await firstClient(server);
            await until(() => hasEnded(client));
            const mine = log.filter((entry) => entry.socketId === client || entry.clientSocketId === client);
            return {
              client,
              hash: await sha256(bytesOf(client)),
              first: mine[0].event,
              last: mine.at(-1).event,
              total,
            };
          },
          server,
          data.length,
        ),
      ),
    );
    const socket = await connect(t, server.port);
    socket.end(data);
    const results = await heard;
    assert.equal(results.length, 4);
    for (const { client, hash, first, last } of results) {
      assert.deepEqual([client, hash, first, last], [results[0].client, sha256(data), 'accept', 'receiveError']);
    }
    // Any of them may end what another has begun.
    const { error } = await contexts.offscreen.evaluate(
      (server) => globalThis.bench.call('tcpServer', 'close', server.socketId),
      server,
    );
    assert.equal(error, undefined);
    const { error: gone } = await bench.run(
      (server) => globalThis.bench.call('tcpServer', 'getInfo', server.socketId),
      server,
    );
    assert.equal(gone, 'Socket not found');
  },
);

for (const by of ['page.close', 'navigation']) {
  test(`T-89: a page is closed in mid-flow, by ${by}: its sockets go on, and nothing is lost`, GUARD, async (t) => {
    const page = await openHands(t, bench);
    const other = inFirefox ? await openHands(t, bench) : await openOffscreen(t);
    const server = await page.evaluate(() => globalThis.bench.listen());
    const data = randomBytes(16 * MIB);
    const receiving = (context) =>
      context(
        async (server, total) => {
          const { firstClient, until, lengthOf, bytesOf, sha256 } = globalThis.bench;
          const client = await firstClient(server);
          globalThis.half = until(() => lengthOf(client) > total / 4);
          await until(() => lengthOf(client) === total);
          return sha256(bytesOf(client));
        },
        server,
        data.length,
      );
    const hashes = Promise.all([receiving(bench.run), receiving(other.evaluate.bind(other))]);
    const socket = await connect(t, server.port);
    socket.write(data);
    await eventually(() => bench.run(() => 'half' in globalThis));
    await bench.run(() => globalThis.half.then(() => {}));
    if (by === 'page.close') await page.close();
    else await page.goto('about:blank');
    assert.deepEqual(await hashes, [sha256(data), sha256(data)]);
    const { result } = await bench.run(
      (server) => globalThis.bench.call('tcpServer', 'getInfo', server.socketId),
      server,
    );
    assert.equal(result.localPort, server.port);
    await bench.run(() => {
      delete globalThis.half;
    });
  });
}

test('what a page has sent arrives whole, though the page is closed meanwhile', GUARD, async (t) => {
  const page = await openHands(t, bench);
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const hash = await page.evaluate(async (server) => {
    const { firstClient, randomBytes, sha256 } = globalThis.bench;
    const client = await firstClient(server);
    const data = randomBytes(16 * 1024 * 1024);
    const hash = await sha256(data);
    chrome.sockets.tcp.send(client, data.buffer).catch(() => {});
    return hash;
  }, server);
  let total = 0;
  const pieces = [];
  const arrived = new Promise((resolve) => {
    socket.on('data', (piece) => {
      if (total === 0) page.close();
      pieces.push(piece);
      total += piece.length;
      if (total === 16 * MIB) resolve(undefined);
    });
  });
  await arrived;
  assert.equal(sha256(Buffer.concat(pieces)), hash);
});

test(
  'DESIGN 5.3: a page that consumes nothing holds the flow, within the windows, until it goes away',
  GUARD,
  async (t) => {
    const stuck = await openPage(t, 'classic.html', bench);
    // A page with a mistake in it: it says that it listens, and never that it has consumed.
    await stuck.evaluate(() => {
      globalThis.heard = 0;
      globalThis.port = chrome.runtime.connect({ name: 'chrome-sockets/1' });
      globalThis.port.onMessage.addListener((frame) => {
        for (const { event } of [frame].flat()) if (event) globalThis.heard += 1;
      });
      globalThis.port.postMessage({ listen: 'sockets.tcp.onReceive' });
    });
    const server = await bench.run(() => globalThis.bench.listen());
    const data = randomBytes(16 * MIB);
    const receiving = bench.run(
      async (server, total) => {
        const { firstClient, until, lengthOf, bytesOf, sha256 } = globalThis.bench;
        const client = await firstClient(server);
        globalThis.soFar = () => lengthOf(client);
        await until(() => lengthOf(client) === total);
        return sha256(bytesOf(client));
      },
      server,
      data.length,
    );
    const socket = await connect(t, server.port);
    socket.write(data);
    // The window of one socket, or a little less, as small pieces count for more: then the host does not read it any more.
    const window = 512 * 1024;
    await eventually(() => bench.run((least) => globalThis.soFar?.() > least, window - 64 * 1024));
    // Another socket has its own part of the port's window.
    const other = await connect(t, server.port);
    other.end('still alive');
    await bench.run(async (server) => {
      const { until, accepted, lengthOf } = globalThis.bench;
      await until(() => accepted(server.socketId).length === 2 && lengthOf(accepted(server.socketId)[1]) === 11);
    }, server);
    const received = await bench.run(() => globalThis.soFar());
    assert.ok(received <= window, `${received} bytes`);
    assert.ok((await stuck.evaluate(() => globalThis.heard)) >= 9);
    await stuck.close();
    assert.equal(await receiving, sha256(data));
  },
);

test('the classic build in a page: chrome.sockets as Chrome has it, over the same hub', GUARD, async (t) => {
  const page = await openPage(t, 'classic.html', bench);
  const server = await bench.run(() => globalThis.bench.listen({ unpause: false }));
  const socket = await connect(t, server.port);
  const client = await bench.run((server) => globalThis.bench.firstClient(server), server);
  const echoed = page.evaluate(async (client) => {
    const { tcp } = chrome.sockets;
    const data = await new Promise((resolve) => {
      tcp.onReceive.addListener((info) => info.socketId === client && resolve(info.data));
      tcp.setPaused(client, false);
    });
    const thrown = (() => {
      try {
        tcp.send('no id', data);
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    })();
    const callback = await new Promise((resolve) => {
      tcp.getInfo(12_345, (...results) => resolve({ results, error: chrome.runtime.lastError?.message }));
    });
    const rejected = await tcp
      .connect(client, '127.0.0.1', 1)
      .catch(({ message, resultCode }) => ({ message, resultCode }));
    const sent = await tcp.send(client, data);
    await tcp.close(client);
    return { thrown, callback, rejected, sent, left: chrome.runtime.lastError ?? undefined };
  }, client);
  const answer = readAll(socket);
  socket.write('through a page');
  const { thrown, callback, rejected, sent, left } = await echoed;
  assert.match(thrown, /^TypeError: Error in invocation of sockets\.tcp\.send\(/);
  assert.deepEqual(callback, { results: [], error: 'Socket not found' });
  assert.deepEqual(rejected, { message: 'net::ERR_SOCKET_IS_CONNECTED', resultCode: -23 });
  assert.deepEqual(sent, { resultCode: 0, bytesSent: 14 });
  assert.equal(left, undefined);
  assert.equal(String(await answer), 'through a page');
});

test('SPEC 0.11: 200 MiB and a byte from a page is refused, and harms nobody', GUARD, async (t) => {
  const page = await openHands(t, bench);
  const server = await page.evaluate(() => globalThis.bench.listen());
  await connect(t, server.port);
  const outcome = await page.evaluate(async (server) => {
    const { firstClient, call } = globalThis.bench;
    const client = await firstClient(server);
    const sent = await call('tcp', 'send', client, new ArrayBuffer(200 * 1024 * 1024 + 1));
    return { sent: sent.error, after: (await call('tcp', 'getInfo', client)).result.connected };
  }, server);
  assert.deepEqual(outcome, { sent: 'Exceeded write quota.', after: true });
});

test(
  'L-13: the worker is stopped: the page’s calls and sockets end with a reason, and its next call starts it again',
  chromiumOnly('firefox/event-page.test.js ends the event page'),
  async (t) => {
    const own = await openBench(t);
    const page = await openHands(t, own);
    const ear = await openHands(t, own);
    const server = await page.evaluate(() => globalThis.bench.listen());
    // It does not read, so that the send is still under way when the worker stops.
    const socket = await connect(t, server.port);
    const before = await page.evaluate(async (server) => {
      const { firstClient, call } = globalThis.bench;
      const client = await firstClient(server);
      // Un-paused, as far as the page has heard.
      await call('tcp', 'setPaused', client, false);
      globalThis.waiting = call('tcp', 'send', client, new ArrayBuffer(128 * 1024 * 1024));
      await call('tcp', 'getInfo', client);
      return client;
    }, server);
    assert.ok(before);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const devtools = await page.createCDPSession();
    await devtools.send('ServiceWorker.enable');
    // A worker that a debugger holds would wait for it when it starts again.
    await own.session.worker.client.detach();
    await devtools.send('ServiceWorker.stopAllWorkers');
    for (const context of [page, ear]) {
      const errors = await context.evaluate(async () => {
        const { until, log } = globalThis.bench;
        const errors = () => log.filter(({ event }) => event === 'acceptError' || event === 'receiveError');
        await until(() => errors().length === 2);
        return errors();
      });
      assert.deepEqual(errors, [
        { event: 'acceptError', socketId: server.socketId, resultCode: -2 },
        { event: 'receiveError', socketId: before, resultCode: -100 },
      ]);
    }
    const { error } = await page.evaluate(() => globalThis.waiting);
    assert.match(error, /^The background of this extension has stopped, and its sockets with it/);
    socket.resume();
    await closed;

    const again = await page.evaluate(() => globalThis.bench.listen());
    const arrived = page.evaluate((server) => globalThis.bench.firstClient(server), again);
    await connect(t, again.port);
    assert.ok((await arrived) > again.socketId, 'the listeners are known to the new worker');
    // A page that only listens has not woken the worker, and hears of what happens there all the same.
    await eventually(async () => {
      await connect(t, again.port);
      return ear.evaluate(({ socketId }) => globalThis.bench.accepted(socketId).length > 0, again);
    });
  },
);

test(
  'an extension without a background: one page is the hub, and when it is closed another takes its place',
  GUARD,
  async (t) => {
    const folder = await assemble({
      background: undefined,
      key: undefined,
      browser_specific_settings: { gecko: { id: ADD_ON } },
    });
    t.after(() => rm(folder, { recursive: true, force: true }));
    const { browser, profile } = bench.session;
    const id = await browser.installExtension(folder);
    t.after(() => browser.uninstallExtension(id));
    await profile.installHost(hostProgram, id, { listen: ['127.0.0.1:*'], connect: [] });
    const where = { session: { browser, id } };
    const [first, second, third] = [await openHands(t, where), await openHands(t, where), await openHands(t, where)];

    const server = await second.evaluate(() => globalThis.bench.listen());
    const socket = await connect(t, server.port);
    socket.write('to all');
    for (const page of [first, second, third]) {
      await page.evaluate(async (server) => {
        const { firstClient, until, lengthOf } = globalThis.bench;
        const client = await firstClient(server);
        await until(() => lengthOf(client) === 6);
      }, server);
    }
    assert.equal((await hosts(bench.session, id)).length, 1);

    const closed = new Promise((resolve) => socket.resume().once('close', resolve));
    await first.close();
    await closed;
    const errors = await second.evaluate(async () => {
      const { until, log } = globalThis.bench;
      const errors = () => log.filter(({ event }) => event === 'acceptError' || event === 'receiveError');
      await until(() => errors().length === 2);
      return errors().map(({ event, resultCode }) => [event, resultCode]);
    });
    assert.deepEqual(errors, [
      ['acceptError', -2],
      ['receiveError', -100],
    ]);
    const again = await third.evaluate(() => globalThis.bench.listen());
    const arrived = second.evaluate((server) => globalThis.bench.firstClient(server), again);
    await connect(t, again.port);
    assert.ok((await arrived) > again.socketId);
  },
);
