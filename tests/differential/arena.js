/** One browser in which scenarios run, on its own `chrome.sockets` and on the shim, with their peers in this process. */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hostProgram, openBrowser, workerOf } from '../../scripts/lib/browser.mjs';
import { extensionId } from '../../scripts/lib/profile.mjs';
import { Authority } from './authority.js';
import { END, GONE } from './compare.js';
import { Datagrams } from './datagrams.js';
import { Peers } from './peers.js';

/** @typedef {import('./compare.js').Lines} Lines */
/** @typedef {import('../../scripts/lib/browser.mjs').Session['worker']} Worker */
/** @typedef {'native' | 'shim'} Contender */

const here = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

/** It only ever ends a hang: a scenario takes a tenth of a second, the longest a few. */
const GUARD_MS = 60_000;

/** What the extensions ask for in their manifests; the user allows everything. */
const KINDS = {
  wide: {
    tcpServer: { listen: '*' },
    tcp: { connect: '*' },
    udp: { bind: '*', send: '*', multicastMembership: '' },
  },
  narrow: {
    tcpServer: { listen: ['127.0.0.1:*', '0.0.0.0:8080'] },
    tcp: { connect: ['127.0.0.1:*', 'LocalHost:*', '*.example.invalid:80'] },
    udp: { bind: '127.0.0.1:*', send: ['127.0.0.1:*', 'LocalHost:*'] },
  },
};

const EVERYTHING = { listen: ['*'], connect: ['*'], udp: ['*'], multicast: true };

/** @typedef {keyof typeof KINDS} Kind */

/** @param {Kind} kind any bytes will do for a key, and give an id */
const keyOf = (kind) => Buffer.from(`chrome-sockets differential ${kind}`).toString('base64');

export class Arena {
  #peers;
  #datagrams = new Datagrams();
  #folder;
  #session;
  /** @type {Map<Kind, Worker>} */
  #workers = new Map();

  /**
   * @param {string} folder
   * @param {import('../../scripts/lib/browser.mjs').Session} session
   * @param {Authority} authority
   */
  constructor(folder, session, authority) {
    this.#peers = new Peers(authority);
    this.#folder = folder;
    this.#session = session;
  }

  static async open() {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-differential-'));
    const kinds = /** @type {Kind[]} */ (Object.keys(KINDS));
    for (const kind of kinds) await assemble(kind, path.join(folder, kind));
    const authority = await Authority.make(path.join(folder, 'authority'));
    const session = await openBrowser({
      extension: path.join(folder, 'wide'),
      global: 'differential',
      browser: 'chromium',
      ...EVERYTHING,
      authority: authority.certificate,
      flags: [`--allowlisted-extension-id=${kinds.map((kind) => extensionId(keyOf(kind))).join()}`],
    });
    const arena = new Arena(folder, session, authority);
    try {
      arena.#workers.set('wide', await arena.#connect(session.worker));
      const narrow = extensionId(keyOf('narrow'));
      await session.profile.installHost(hostProgram, narrow, EVERYTHING);
      arena.#workers.set('narrow', await arena.#install('narrow'));
      return arena;
    } catch (error) {
      await arena.close();
      throw error;
    }
  }

  version() {
    return this.#session.browser.version();
  }

  /**
   * @param {Pick<import('./extension/scenarios/scenario.js').Scenario, 'name' | 'kind'>} scenario
   * @param {Contender} contender
   * @returns {Promise<Lines>} its trace
   */
  async run({ name, kind }, contender) {
    if (kind !== 'fatal' || contender === 'shim') {
      return guarded(
        /** @type {Worker} */ (this.#workers.get(kind === 'narrow' ? kind : 'wide')),
        name,
        contender,
        true,
      );
    }
    const arena = await Arena.open();
    try {
      // Closing everything afterwards can be fatal too.
      return await guarded(/** @type {Worker} */ (arena.#workers.get('wide')), name, contender, false);
    } finally {
      await arena.close();
    }
  }

  async close() {
    this.#reset();
    await this.#session.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /**
   * @param {string} what a method of whoever has it
   * @param {unknown[]} args
   */
  async #do(what, args) {
    if (what === 'reset') return this.#reset();
    const owner = [this.#peers, this.#datagrams].find((each) => what in each);
    return /** @type {any} */ (owner)[what](...args);
  }

  #reset() {
    this.#peers.reset();
    this.#datagrams.reset();
  }

  /** @param {Kind} kind */
  async #install(kind) {
    const { browser } = this.#session;
    const id = await browser.installExtension(path.join(this.#folder, kind));
    return this.#connect(await workerOf(browser, id, 'differential'));
  }

  /**
   * Gives a worker its way to the peers.
   *
   * @param {Worker} worker
   */
  async #connect(worker) {
    const { client } = worker;
    client.on('Runtime.bindingCalled', async ({ payload }) => {
      const { question, what, args } = JSON.parse(payload);
      const answer = await this.#do(what, args).catch((error) => ({ error: String(error) }));
      await worker
        .evaluate((...reply) => /** @type {any} */ (globalThis).differential.answer(...reply), question, answer ?? null)
        // The worker may be gone.
        .catch(() => {});
    });
    await client.send('Runtime.addBinding', { name: 'askPeers' });
    return worker;
  }
}

/**
 * @param {Worker} worker
 * @param {string} name
 * @param {Contender} contender
 * @param {boolean} again whether the worker is needed afterwards
 * @returns {Promise<Lines>}
 */
async function guarded(worker, name, contender, again) {
  const { client } = worker;
  const { promise: over, reject } = withResolvers();
  const crashed = () => reject(new Error(GONE));
  client.on('Inspector.targetCrashed', crashed);
  const guard = setTimeout(() => reject(new Error('hangs')), GUARD_MS);
  const run = worker.evaluate(
    (...args) => /** @type {any} */ (globalThis).differential.run(...args),
    name,
    contender,
    again,
  );
  try {
    return await Promise.race([run, over]);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    // What puppeteer says of a worker or a browser that is no more.
    if (message === GONE || /closed|detached|crashed/i.test(message)) return [[END, [GONE]]];
    const soFar = worker.evaluate(() => /** @type {any} */ (globalThis).differential.soFar());
    const nothing = new Promise((resolve) => setTimeout(resolve, 5_000, []));
    return [...(await Promise.race([soFar, nothing])), [END, [message]]];
  } finally {
    run.catch(() => {});
    clearTimeout(guard);
    client.off('Inspector.targetCrashed', crashed);
  }
}

/** @returns {{promise: Promise<never>, reject: (error: Error) => void}} */
function withResolvers() {
  /** @type {(error: Error) => void} */
  let reject = () => {};
  const promise = new Promise((_, no) => {
    reject = no;
  });
  return { promise: /** @type {Promise<never>} */ (promise), reject };
}

/**
 * @param {Kind} kind
 * @param {string} folder
 */
async function assemble(kind, folder) {
  await cp(here('extension'), folder, { recursive: true });
  await cp(here('../../extension-shim/src'), path.join(folder, 'chrome-sockets'), { recursive: true });
  const file = path.join(folder, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...manifest, key: keyOf(kind), sockets: KINDS[kind] }));
}
