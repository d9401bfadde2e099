/** What is different about driving a Firefox. */

import { createHash } from 'node:crypto';
import puppeteer from 'puppeteer-core';

/**
 * The host in the addresses of an add-on's pages. Firefox draws one for each profile, unless it is told.
 *
 * @param {string} id an add-on's
 */
export function addressOf(id) {
  const hex = createHash('sha256').update(id).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
}

/**
 * Starts a Firefox with one unpacked extension in it.
 *
 * @param {object} options
 * @param {string} options.executablePath
 * @param {boolean} options.headless
 * @param {import('./profile.mjs').Profile} options.profile
 * @param {string} options.extension its folder
 * @param {string[]} options.ids the add-on's, and of others that will be installed
 * @param {Record<string, unknown>} options.preferences as on about:config
 */
export async function launchFirefox({ executablePath, headless, profile, extension, ids, preferences }) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless,
    userDataDir: profile.userDataDir,
    env: profile.environment,
    // Without it no page of an extension may be opened from outside, nor the browser's own pages.
    args: ['--remote-allow-system-access'],
    extraPrefsFirefox: {
      'extensions.webextensions.uuids': JSON.stringify(Object.fromEntries(ids.map((id) => [id, addressOf(id)]))),
      // The viewer would put a page of the browser in the place of the extension's.
      'devtools.jsonview.enabled': false,
      ...preferences,
    },
    defaultViewport: null,
    protocolTimeout: 120_000,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  await browser.installExtension(extension);
  return browser;
}

/**
 * Opens a page of an extension or of the browser itself in a tab.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} url
 */
export async function openInnerPage(browser, url) {
  const page = await browser.newPage();
  // Puppeteer is never told that this navigation has begun, so it would wait for ever.
  page.goto(url, { timeout: 0 }).catch(() => {});
  const deadline = Date.now() + 30_000;
  for (;;) {
    const there = await page.evaluate(() => document.readyState === 'complete' && location.href).catch(() => false);
    if (there === url) return page;
    if (Date.now() > deadline) throw new Error(`${url} does not open: ${there}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Nothing can look into an event page from outside. A page of the extension can, and what that page finds there are the
 * background's own objects, not copies: so a page that gets them serves as our hands there.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} id the add-on's
 * @param {string} global what the background has when its script has run
 * @returns {Promise<import('puppeteer-core').WebWorker>} what the callers use of one is `evaluate`, which a page has too
 */
export async function backgroundOf(browser, id, global) {
  const page = await openInnerPage(browser, `moz-extension://${addressOf(id)}/manifest.json`);
  await page.evaluate(async (name) => {
    const deadline = Date.now() + 30_000;
    const { chrome } = /** @type {any} */ (globalThis);
    for (;;) {
      const background = await chrome.runtime.getBackgroundPage();
      if (background && name in background) {
        /** @type {any} */ (globalThis)[name] = background[name];
        chrome.sockets = background.chrome.sockets;
        return;
      }
      if (Date.now() > deadline) throw new Error(`The extension's event page has no ${name} after 30 s.`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, global);
  return /** @type {any} */ (page);
}
