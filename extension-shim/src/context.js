/** Finds out where in the extension this code runs. */

/**
 * A service worker has no document; an event page is the page that the manifest or the browser makes for the background.
 *
 * @param {{background?: {page?: string}}} manifest
 * @returns {'background' | 'page'}
 */
export function detectContext(manifest) {
  if (globalThis.document === undefined) return 'background';
  const { pathname, origin } = globalThis.location;
  if (pathname === '/_generated_background_page.html') return 'background';
  const page = manifest.background?.page;
  return page !== undefined && new URL(page, `${origin}/`).pathname === pathname ? 'background' : 'page';
}
