import { checkOrigin, checkToken } from './guard.js';
import { HttpError } from './http/parser.js';
import { json } from './http/response.js';
import { page, pageHeaders } from './page.js';

/** @typedef {import('./http/parser.js').Request} Request */
/** @typedef {import('./connection.js').Handler} Handler */

/**
 * @typedef {object} Tab
 * @property {number | undefined} id
 * @property {number} windowId
 * @property {boolean} active
 * @property {string} title
 * @property {string} url
 */

/** Which methods each path knows. */
const routes = new Map([
  ['/', ['GET', 'HEAD']],
  ['/tabs', ['GET', 'HEAD', 'POST']],
]);

/**
 * The answers of the API. It is given its server, so that it can show the connections and knows its own address.
 *
 * @implements {Handler}
 */
export class Routes {
  /** @type {import('./server.js').Server | undefined} */
  server;
  #token;

  /** @param {string} token */
  constructor(token) {
    this.#token = token;
  }

  /** @param {Request} request */
  check(request) {
    const { authority, path } = parseTarget(request.target);
    checkOrigin(request, authority, this.server?.port ?? 0, this.server?.scheme ?? 'http://');
    const methods = routes.get(path);
    if (!methods) throw new HttpError(404, 'There is nothing here. There is / and /tabs.');
    if (!methods.includes(request.method)) {
      throw new HttpError(405, `This path knows ${methods.join(', ')}.`, { Allow: methods.join(', ') });
    }
    if (request.method === 'POST') checkToken(request, this.#token);
  }

  /**
   * @param {Request} request one that `check` has let pass
   * @returns {Promise<import('./http/response.js').Response>}
   */
  async answer(request) {
    const { path, query } = parseTarget(request.target);
    if (request.method === 'POST') return json(201, describe(await openTab(query)));
    const tabs = await openTabs();
    if (path === '/tabs') return json(200, { tabs });
    const connections = [...(this.server?.connections.values() ?? [])];
    return { status: 200, headers: await pageHeaders(), body: page(tabs, connections, this.server?.origin ?? '') };
  }
}

/**
 * @param {string} target `/path?query`, or a whole address, which a server has to accept too
 * @returns {{authority: string | null, path: string, query: URLSearchParams}}
 */
function parseTarget(target) {
  const match = /^(?:https?:\/\/([^/?]*))?(\/[^?]*)?(?:\?(.*))?$/i.exec(target);
  if (!match) return { authority: null, path: '', query: new URLSearchParams() };
  const [, authority = null, path = authority === null ? '' : '/', query = ''] = match;
  return { authority, path, query: new URLSearchParams(query) };
}

/** @returns {Promise<Tab[]>} the open tabs; private ones are nobody's business */
async function openTabs() {
  const tabs = await chrome.tabs.query({});
  return tabs.filter((tab) => !tab.incognito).map(describe);
}

/** @param {URLSearchParams} query */
async function openTab(query) {
  const given = query.getAll('url');
  const url = given.length === 1 && URL.canParse(given[0]) ? new URL(given[0]) : null;
  // `javascript:`, `file:`, `chrome:` and the like would let whoever has the token do more than browse.
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new HttpError(400, 'One url=… is needed, of http or https.');
  }
  const tab = await chrome.tabs.create({ url: url.href, active: false });
  // Neither browser has got there yet; Firefox says about:blank.
  return { ...tab, url: url.href };
}

/**
 * @param {chrome.tabs.Tab} tab
 * @returns {Tab}
 */
function describe({ id, windowId, active, title = '', url, pendingUrl }) {
  return { id, windowId, active, title, url: url || pendingUrl || '' };
}
