import { install } from 'chrome-sockets';
import { ownCertificate } from './certificate.js';
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
 * @param {{https?: boolean}} [options]
 * @returns {Promise<{url: string, token: string, certificate?: string}>} the certificate is for its clients to trust
 */
async function listen(port, { https = false } = {}) {
  const tls = https ? await ownCertificate() : undefined;
  await server.listen(port, tls);
  const url = `${server.origin}/`;
  console.log(`Tabs API: ${url}`);
  console.log(`Token for POST: ${token}`);
  return { url, token, ...(tls && { certificate: tls.certificate }) };
}

/**
 * For the console of this worker, and for a program that drives the browser:
 * `ready` gives `{url, token}` when the server listens, `listen(port)` moves it to another port, there with `{https: true}` to speak
 * HTTPS (`certificate` is what its clients are to trust), and `limits` are the
 * numbers of limits.js, which may be changed while it runs.
 */
const tabsApi = { ready: listen(0), listen, limits };
tabsApi.ready.catch((error) => console.error(`Tabs API cannot listen. ${error.message}`));
Object.assign(globalThis, { tabsApi });
