import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { findBrowser, isFirefox } from './find-browser.mjs';
import { backgroundOf, launchFirefox } from './firefox.mjs';
import { extensionId, idOfFolder, Profile } from './profile.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The host that `cargo build --release` makes; CHROME_SOCKETS_HOST names another. */
export const hostProgram =
  process.env.CHROME_SOCKETS_HOST ??
  path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, 'target'), 'release', 'chrome-sockets-host');

/**
 * With CHROME_SOCKETS_NATIVE=1 a Chromium gives the extension its own `chrome.sockets`, which the shim leaves alone. Then a
 * test tells what the original does, where ours is meant to do the same.
 */
const native = process.env.CHROME_SOCKETS_NATIVE === '1';

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * @typedef {object} Options
 * @property {string} extension the folder of the unpacked extension
 * @property {string} global what its background has when its script has run
 * @property {string} [browser] name or path; without it CHROME_SOCKETS_BROWSER counts, and then any Chromium is taken
 * @property {boolean} [headless]
 * @property {string | null} [host] the host to install; null for none
 * @property {string[]} [listen] where the extension may listen
 * @property {string[]} [connect] where it may connect
 * @property {string[]} [udp] where it may bind udp sockets, and send datagrams to
 * @property {boolean} [multicast] whether these may join groups
 * @property {string} [authority] the file of a certificate that browser and host are to trust
 * @property {string[]} [flags] further flags for the browser
 * @property {Record<string, unknown>} [preferences] of a Firefox
 * @property {string[]} [addOns] ids of add-ons that will be installed there, too, for their addresses to be known
 * @property {Profile} [profile] what the browser runs in, if something was prepared there; it is removed at the end all the same
 */

/** A browser with an extension in it, and the host installed for that, all in a temporary folder. */
export class Session {
  /** @type {Promise<void> | undefined} */
  #closed;

  /**
   * @param {Profile} profile
   * @param {import('puppeteer-core').Browser} browser
   * @param {import('puppeteer-core').WebWorker} worker the extension's service worker; in Firefox a
   *   page that has what its background has
   * @param {string} id the extension's; in Firefox the add-on's
   */
  constructor(profile, browser, worker, id) {
    this.profile = profile;
    this.browser = browser;
    this.worker = worker;
    this.id = id;
  }

  /** Ends the browser, and leaves neither a process nor a file. */
  close() {
    this.#closed ??= endBrowser(this.browser).then(() => this.profile.remove());
    return this.#closed;
  }
}

/**
 * @param {Options} options
 * @returns {Promise<Session>}
 */
export async function openBrowser(options) {
  const { extension, global, headless = true, host = hostProgram } = options;
  const { listen = [], connect = [], udp = [], multicast = false, authority } = options;
  const { flags: further = [], preferences = {}, addOns = [] } = options;
  const executablePath = await findBrowser(options.browser ?? process.env.CHROME_SOCKETS_BROWSER);
  const firefox = isFirefox(executablePath);
  const manifest = JSON.parse(await readFile(path.join(extension, 'manifest.json'), 'utf8'));
  const chromiumId = () => (manifest.key ? extensionId(manifest.key) : idOfFolder(extension));
  const id = firefox ? manifest.browser_specific_settings.gecko.id : chromiumId();
  const profile = options.profile ?? (await Profile.create());
  let browser;
  try {
    if (authority) await profile.trust(authority);
    if (host !== null && !native) await profile.installHost(host, id, { listen, connect, udp, multicast });
    if (firefox) {
      browser = await launchFirefox({
        executablePath,
        headless,
        profile,
        extension,
        ids: [id, ...addOns],
        preferences,
      });
      return new Session(profile, browser, await backgroundOf(browser, id, global), id);
    }
    browser = await puppeteer.launch({
      executablePath,
      headless,
      userDataDir: profile.userDataDir,
      env: profile.environment,
      // Over the pipe, because branded browsers load extensions in no other way, and because the browser then ends when
      // this process does, however that ends.
      pipe: true,
      enableExtensions: [extension],
      args: [
        ...flags,
        ...further,
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ...(native ? [`--allowlisted-extension-id=${id}`] : []),
      ],
      defaultViewport: null,
      protocolTimeout: 120_000,
      // The caller closes the session when a signal comes, so that the folder goes too.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    return new Session(profile, browser, await workerOf(browser, id, global), id);
  } catch (error) {
    if (browser) await endBrowser(browser);
    await profile.remove();
    throw error;
  }
}

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} id an extension's
 * @param {string} global what its service worker has when its script has run
 */
export async function workerOf(browser, id, global) {
  const target = await browser.waitForTarget(
    (each) => each.type() === 'service_worker' && each.url().startsWith(`chrome-extension://${id}/`),
    { timeout: 60_000 },
  );
  const worker = await target.worker();
  if (!worker) throw new Error('The extension has no service worker.');
  await scriptHasRun(worker, global);
  return worker;
}

/**
 * A worker can be asked things before its script has run, or if that has failed.
 *
 * @param {import('puppeteer-core').WebWorker} worker
 * @param {string} global
 */
async function scriptHasRun(worker, global) {
  const deadline = Date.now() + 30_000;
  while (!(await worker.evaluate((name) => name in globalThis, global))) {
    if (Date.now() > deadline) throw new Error(`The extension's service worker has no ${global} after 30 s.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** @param {import('puppeteer-core').Browser} browser */
async function endBrowser(browser) {
  const child = browser.process();
  const patience = setTimeout(() => child?.kill('SIGKILL'), 10_000);
  await browser.close().catch(() => child?.kill('SIGKILL'));
  clearTimeout(patience);
}
