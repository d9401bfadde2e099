import { defaultLimits } from '../src/limits.js';
import { Client } from './client.js';
import { FakeChrome } from './fake-chrome.js';

export const TOKEN = 'a'.repeat(64);

/**
 * The example's server over the fake, and a way to talk to it.
 *
 * @param {import('node:test').TestContext} t
 * @param {Partial<import('../src/limits.js').Limits>} [limits]
 */
export async function startServer(t, limits = {}) {
  const fake = new FakeChrome();
  Object.assign(globalThis, { chrome: fake });
  const { Server } = await import('../src/server.js');
  const { Routes } = await import('../src/routes.js');
  const routes = new Routes(TOKEN);
  const server = new Server(routes, { ...defaultLimits, ...limits });
  routes.server = server;
  await server.listen(0);
  t.after(() => {
    for (const connection of [...server.connections.values()]) connection.close();
    fake.close();
  });
  return { fake, server, connect: () => Client.connect(t, server.port), host: `Host: 127.0.0.1:${server.port}\r\n` };
}
