import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { hostProgram, workerOf } from '../../scripts/lib/browser.mjs';
import { assemble, GUARD, useBench } from './support.js';

// What `install <extension folder>` computes from a folder is compared with what the browser makes of the same folder.
const bench = useBench();

/**
 * @param {string} folder
 * @returns {Promise<{name: string, extensions: {id: string}[]}>}
 */
async function install(folder) {
  const { profile } = bench.session;
  const args = ['install', folder, '--user-data-dir', profile.userDataDir, '--yes', '--json'];
  const { stdout } = await promisify(execFile)(hostProgram, args, { env: profile.environment });
  return JSON.parse(stdout);
}

/** @param {import('node:test').TestContext} t */
async function temporary(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-install-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The id by which the browser knows a folder, and the name that it shows.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} folder
 */
async function load(t, folder) {
  const { browser } = bench.session;
  const id = await browser.installExtension(folder);
  t.after(() => browser.uninstallExtension(id));
  const worker = await workerOf(browser, id, 'ready');
  return { id, worker, name: await worker.evaluate(() => chrome.runtime.getManifest().name) };
}

const MANIFEST = {
  manifest_version: 3,
  version: '1',
  default_locale: 'en',
  background: { service_worker: 'background.js' },
  permissions: ['nativeMessaging'],
};

/**
 * @param {string} folder
 * @param {string} manifest
 */
async function put(folder, manifest) {
  await mkdir(path.join(folder, '_locales/en'), { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), manifest);
  await writeFile(path.join(folder, 'background.js'), 'self.ready = true;');
  const messages = '\ufeff// what people see\n{"NAME": {"message": "A name\\x21"}}';
  await writeFile(path.join(folder, '_locales/en/messages.json'), messages);
}

test('the id of a folder is the one that the browser computes', GUARD, async (t) => {
  const base = await temporary(t);
  const names = ['plain', 'with space', 'it\'s "quoted"', 'häuser-家', 'a'.repeat(100)];
  for (const name of names) {
    const folder = path.join(base, name);
    await put(folder, JSON.stringify({ ...MANIFEST, name }));
    const { extensions } = await install(folder);
    assert.equal(extensions[0].id, (await load(t, folder)).id, name);
  }
});

test('a folder named through a link, or with a slash behind it, has the id of the real one', GUARD, async (t) => {
  const base = await temporary(t);
  await put(path.join(base, 'real'), JSON.stringify({ ...MANIFEST, name: 'real' }));
  await symlink(path.join(base, 'real'), path.join(base, 'link'));
  const { id } = await load(t, path.join(base, 'link'));
  for (const folder of ['link', 'link/', 'real', 'real/', 'real/../link/.']) {
    assert.equal((await install(`${base}/${folder}`)).extensions[0].id, id, folder);
  }
});

test(
  'manifests with comments, a byte order mark and names in messages are read as the browser reads them',
  GUARD,
  async (t) => {
    const folder = path.join(await temporary(t), 'extension');
    const members = JSON.stringify({ ...MANIFEST, name: '__MSG_name__' }).slice(1);
    await put(folder, `\ufeff// first\n{ /* "name": "no" */\n${members}// last`);
    const { id, name } = await load(t, folder);
    assert.equal(name, 'A name!');
    const report = await install(folder);
    assert.equal(report.extensions[0].id, id);
    assert.equal(report.name, name);
  },
);

test('a folder without a key is installed and the browser starts the host for it', GUARD, async (t) => {
  const folder = path.join(await temporary(t), 'extension');
  await rename(await assemble({ key: undefined }), folder);
  await install(folder);
  const { browser } = bench.session;
  const id = await browser.installExtension(folder);
  t.after(() => browser.uninstallExtension(id));
  const worker = await workerOf(browser, id, 'bench');
  const reply = await worker.evaluate(() =>
    chrome.runtime.sendNativeMessage('org.chrome_sockets.host', {
      id: 1,
      method: 'host.hello',
      params: { protocol: [1, 1], shim: '0', features: [] },
    }),
  );
  assert.equal(reply.result.protocol, 1);
});
