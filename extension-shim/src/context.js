/** Finds out where in the extension this code runs. */

/**
 * A service worker has no document; an event page is the page that the manifest or the browser makes for the background.
 *
 * @param {string | null | undefined} backgroundPage What the manifest's `background.page` says. Firefox has a null for what a
 *   manifest does not say.
 * @returns {'background' | 'page'}
 */
export function detectContext(backgroundPage) {
  if (globalThis.document === undefined) return 'background';
  const { pathname, origin } = globalThis.location;
  if (pathname === '/_generated_background_page.html') return 'background';
  return typeof backgroundPage === 'string' && new URL(backgroundPage, `${origin}/`).pathname === pathname
    ? 'background'
    : 'page';
}
