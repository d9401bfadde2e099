/** What only a Firefox has. */

import { openInnerPage } from '../../../scripts/lib/firefox.mjs';

/** @typedef {{session: import('../../../scripts/lib/browser.mjs').Session}} Bench */

/**
 * The browser's own page of add-ons, which may do with them what a person may, and more.
 *
 * @param {Bench} bench
 */
export const addOnsPage = ({ session }) => openInnerPage(session.browser, 'about:addons');

/**
 * @param {Bench} bench
 * @param {import('puppeteer-core').Page} addOns
 * @returns {Promise<string>} `running`, `stopped`, …
 */
export const backgroundState = ({ session }, addOns) =>
  addOns.evaluate((id) => WebExtensionPolicy.getByID(id).extension.backgroundState, session.id);
