/** What only a Firefox has. */

import { openInnerPage } from '../../../scripts/lib/firefox.mjs';

/** @typedef {{session: import('../../../scripts/lib/browser.mjs').Session}} Bench */

/**
 * One of the browser's own pages, which may do with add-ons what a person may, and more.
 *
 * @param {Bench} bench
 */
export const browserPage = ({ session }) => openInnerPage(session.browser, 'about:config');

/**
 * @param {Bench} bench
 * @param {import('puppeteer-core').Page} page the browser's own
 */
export const disable = ({ session }, page) =>
  page.evaluate(async (id) => {
    const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
    await (await AddonManager.getAddonByID(id)).disable();
  }, session.id);

/**
 * @param {Bench} bench
 * @param {import('puppeteer-core').Page} page the browser's own
 * @returns {Promise<string>} `running`, `stopped`, …
 */
export const backgroundState = ({ session }, page) =>
  page.evaluate((id) => WebExtensionPolicy.getByID(id).extension.backgroundState, session.id);

/**
 * Ends the event page as the idle timeout does, whatever would hold it.
 *
 * @param {Bench} bench
 * @param {import('puppeteer-core').Page} page the browser's own
 */
export const terminateBackground = ({ session }, page) =>
  page.evaluate(
    (id) => WebExtensionPolicy.getByID(id).extension.terminateBackground({ disableResetIdleForTest: true }),
    session.id,
  );
