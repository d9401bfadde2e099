import { install } from 'chrome-sockets';
import { newToken } from './guard.js';
import { defaultLimits } from './limits.js';
import { Routes } from './routes.js';
import { Server } from './server.js';

install();

// A listener for these makes the browser start this worker when it starts itself or has just installed the extension.
chrome.runtime.onStartup.addListener(() => {});
chrome.runtime.onInstalled.addListener(() => {});

const token = newToken();
const limits = { ...defaultLimits };
const routes = new Routes(token);
const server = new Server(routes, limits);
routes.server = server;

/**
 * @param {number} port 0 for any free one
 * @returns {Promise<{url: string, token: string}>}
 */
async function listen(port) {
  await server.listen(port);
  const url = `http://127.0.0.1:${server.port}/`;
  console.log(`Tabs API: ${url}`);
  console.log(`Token for POST: ${token}`);
  return { url, token };
}

/**
 * For the console of this worker, and for a program that drives the browser:
 * `ready` gives `{url, token}` when the server listens, `listen(port)` moves it to another port, and `limits` are the
 * numbers of limits.js, which may be changed while it runs.
 */
const tabsApi = { ready: listen(0), listen, limits };
tabsApi.ready.catch((error) => console.error(`Tabs API cannot listen. ${error.message}`));
Object.assign(globalThis, { tabsApi });
