import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { hostProgram } from '../../scripts/lib/browser.mjs';
import {
  assemble,
  connect,
  eventually,
  GUARD,
  hostileScript,
  hosts,
  openBench,
  readAll,
  sha256,
  useBench,
} from './support.js';

// An extension with a worker and pages of every kind, which a web page may embed and talk to as far as a manifest can allow.
const WEB = ['http://127.0.0.1/*'];
const bench = useBench({
  manifest: {
    permissions: ['nativeMessaging', 'offscreen'],
    action: { default_popup: 'page.html#popup' },
    content_scripts: [{ matches: WEB, js: ['hostile.js'], run_at: 'document_end' }],
    web_accessible_resources: [{ resources: ['page.html'], matches: WEB }],
    externally_connectable: { matches: WEB, ids: ['*'] },
    sandbox: { pages: ['sandbox.html'] },
  },
});

const MIB = 1024 * 1024;
const address = (/** @type {string} */ file, { session } = bench) => `chrome-extension://${session.id}/${file}`;

/**
 * A page of the extension, in a tab.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} file
 * @param {{session: Pick<import('../../scripts/lib/browser.mjs').Session, 'browser' | 'id'>}} [where]
 */
async function openPage(t, file, where = bench) {
  const page = await where.session.browser.newPage();
  t.after(() => page.close().catch(() => {}));
  await page.goto(address(file, where));
  return page;
}

/**
 * A page with the test's hands.
 *
 * @param {import('node:test').TestContext} t
 * @param {{session: Pick<import('../../scripts/lib/browser.mjs').Session, 'browser' | 'id'>}} [where]
 */
async function openHands(t, where = bench) {
  const page = await openPage(t, 'page.html', where);
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

/**
 * What the browser opens by itself.
 *
 * @param {string} file
 */
async function opened(file) {
  const target = await bench.session.browser.waitForTarget((each) => each.url() === address(file), { timeout: 60_000 });
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
  GUARD,
  async (t) => {
    const contexts = { page: await openHands(t), popup: await openPopup(t), offscreen: await openOffscreen(t) };
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
    const page = await openHands(t);
    const offscreen = await openOffscreen(t);
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
    const hashes = Promise.all([receiving(bench.run), receiving(offscreen.evaluate.bind(offscreen))]);
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
  const page = await openHands(t);
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
    const stuck = await openPage(t, 'classic.html');
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
  const page = await openPage(t, 'classic.html');
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
    return { thrown, callback, rejected, sent, left: chrome.runtime.lastError };
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
  const page = await openHands(t);
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
  GUARD,
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
    const folder = await assemble({ background: undefined, key: undefined });
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

/**
 * A web server whose one page attacks in its own world, beside the content script.
 *
 * @param {import('node:test').TestContext} t
 */
async function hostileSite(t) {
  const script = await hostileScript();
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/hostile.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><body><script src="/hostile.js"></script>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => server.close());
  return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;
}

/** Another extension, which runs the same attack. @param {import('node:test').TestContext} t */
async function hostileExtension(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-hostile-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const manifest = { manifest_version: 3, name: 'hostile', version: '1' };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'hostile.js'), await hostileScript());
  await writeFile(path.join(folder, 'page.html'), '<!doctype html><body><script src="hostile.js"></script>');
  const id = await bench.session.browser.installExtension(folder);
  t.after(() => bench.session.browser.uninstallExtension(id));
  return `chrome-extension://${id}/page.html`;
}

test('L-01 L-02: content scripts, web pages, a sandboxed page and another extension get nothing', GUARD, async (t) => {
  // There is something to steal: a server, a connection, and data that flows.
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const client = await bench.run((server) => globalThis.bench.firstClient(server), server);
  const flow = setInterval(() => socket.write('a secret'), 5);
  t.after(() => clearInterval(flow));
  const own = await openHands(t);
  await own.evaluate((client) => globalThis.bench.until(() => globalThis.bench.lengthOf(client) > 0), client);

  const site = await hostileSite(t);
  const reports = {};
  const forged = [];
  for (const [who, url, worlds] of [
    ['web', site, ['script', 'page']],
    ['sandbox', address('sandbox.html'), ['page']],
    ['extension', await hostileExtension(t), ['page']],
  ]) {
    const page = await bench.session.browser.newPage();
    t.after(() => page.close().catch(() => {}));
    await page.goto(url);
    for (const world of worlds) {
      await page.waitForFunction((name) => document.documentElement.hasAttribute(name), {}, `data-${world}`);
    }
    const before = await own.evaluate((client) => globalThis.bench.lengthOf(client), client);
    await own.evaluate(
      (client, before) => globalThis.bench.until(() => globalThis.bench.lengthOf(client) > before + 100),
      client,
      before,
    );
    if (who === 'web') {
      // What they have embedded is alive and hears everything; it tells them nothing, and believes nothing of what they say.
      const framed = page.frames().filter((frame) => frame.url() === address('page.html#framed'));
      assert.equal(framed.length, worlds.length);
      for (const frame of framed) {
        await frame.waitForFunction(() => globalThis.bench?.log.some(({ event }) => event === 'receive'));
        forged.push(await frame.evaluate(() => globalThis.bench.log.filter(({ socketId }) => socketId === 666_666)));
      }
    }
    for (const world of worlds) {
      reports[`${who} ${world}`] = await page.evaluate((name) => {
        globalThis.dispatchEvent(new Event('look again'));
        return JSON.parse(document.documentElement.getAttribute(name));
      }, `data-${world}`);
    }
  }
  for (const [who, { got, reach }] of Object.entries(reports)) {
    assert.deepEqual(got, [], who);
    assert.equal(reach.sockets, 'undefined', who);
  }
  assert.deepEqual(Object.keys(reports), ['web script', 'web page', 'sandbox page', 'extension page']);
  // Each that could knock has knocked, and was shown the door.
  const { outcomes } = reports['web script'];
  assert.equal(outcomes.find(({ how }) => how === 'connect').closed, 'without a word');
  for (const { how, closed, thrown } of Object.values(reports).flatMap(({ outcomes }) => outcomes)) {
    if (how.startsWith('connect')) assert.ok(closed || thrown, how);
  }
  forged.push(await own.evaluate(() => globalThis.bench.log.filter(({ socketId }) => socketId === 666_666)));
  assert.deepEqual(forged, [[], [], []]);
  // And nothing has changed: no socket more or less, nothing sent, nothing stopped.
  const { result: servers } = await bench.run(() => globalThis.bench.call('tcpServer', 'getSockets'));
  assert.deepEqual(
    servers.map(({ socketId }) => socketId),
    [server.socketId],
  );
  const { result: clients } = await bench.run(() => globalThis.bench.call('tcp', 'getSockets'));
  assert.deepEqual(
    clients.map(({ socketId, connected }) => [socketId, connected]),
    [[client, true]],
  );
  assert.equal(socket.bytesRead, 0);
});
