import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { connect, GUARD, hostileScript, inFirefox, openAddress, openHands, pageAddress, useBench } from './support.js';

// An extension that web pages may embed and talk to as far as a manifest can allow, and attackers in every place there is.
const WEB = ['http://127.0.0.1/*'];
const HOSTILE = 'hostile@chrome-sockets.invalid';
const bench = useBench({
  addOns: [HOSTILE],
  manifest: {
    content_scripts: [{ matches: WEB, js: ['hostile.js'], run_at: 'document_end' }],
    web_accessible_resources: [{ resources: ['page.html'], matches: WEB }],
    externally_connectable: { matches: WEB, ids: ['*'] },
    sandbox: { pages: ['sandbox.html'] },
  },
});

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
  const own = { gecko: { id: HOSTILE } };
  const manifest = { manifest_version: 3, name: 'hostile', version: '1', browser_specific_settings: own };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'hostile.js'), await hostileScript());
  await writeFile(path.join(folder, 'page.html'), '<!doctype html><body><script src="hostile.js"></script>');
  const id = await bench.session.browser.installExtension(folder);
  t.after(() => bench.session.browser.uninstallExtension(id));
  return pageAddress(id, 'page.html');
}

test('L-01 L-02: content scripts, web pages, a sandboxed page and another extension get nothing', GUARD, async (t) => {
  // There is something to steal: a server, a connection, and data that flows.
  const server = await bench.run(() => globalThis.bench.listen());
  const socket = await connect(t, server.port);
  const client = await bench.run((server) => globalThis.bench.firstClient(server), server);
  const flow = setInterval(() => socket.write('a secret'), 5);
  t.after(() => clearInterval(flow));
  const own = await openHands(t, bench);
  await own.evaluate((client) => globalThis.bench.until(() => globalThis.bench.lengthOf(client) > 0), client);

  const site = await hostileSite(t);
  const reports = {};
  const forged = [];
  const attackers = [
    ['web', site, ['script', 'page']],
    // Firefox has no sandboxed pages.
    ...(inFirefox ? [] : [['sandbox', pageAddress(bench.session.id, 'sandbox.html'), ['page']]]),
    ['extension', await hostileExtension(t), ['page']],
  ];
  for (const [who, url, worlds] of attackers) {
    const page = await openAddress(t, url, bench);
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
      const logs = await own.evaluate((count) => {
        const logs = globalThis.bench.embedded;
        const heard = () => [...logs.values()].filter((log) => log.some(({ event }) => event === 'receive'));
        return globalThis.bench.until(() => heard().length === count && heard());
      }, worlds.length);
      forged.push(...logs.map((log) => log.filter(({ socketId }) => socketId === 666_666)));
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
  const sandboxed = inFirefox ? [] : ['sandbox page'];
  assert.deepEqual(Object.keys(reports), ['web script', 'web page', ...sandboxed, 'extension page']);
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
