/** Steps of scenarios about `secure`. */

/** @typedef {import('../stage.js').Stage} Stage */

/**
 * A connection that is ready for `secure`: paused before.
 *
 * @param {Stage} t
 * @param {{certificate?: string, host?: string, server?: object, properties?: object, paused?: boolean}} [options]
 */
export async function ready(
  t,
  { certificate, host = 'localhost', server: options, properties = {}, paused = true } = {},
) {
  const server = await t.peers.listenTls(certificate, options);
  return { server, socketId: await connectTo(t, server.port, { host, properties, paused }) };
}

/**
 * @param {Stage} t
 * @param {number} port
 * @param {{host?: string, properties?: object, paused?: boolean}} [options]
 * @returns {Promise<number>} the socket
 */
export async function connectTo(t, port, { host = 'localhost', properties = {}, paused = true } = {}) {
  t.namePort(port, `the port of the peer ${t.ports + 1}`);
  const { socketId } = await t.call('tcp', 'create', properties);
  if (paused) await t.call('tcp', 'setPaused', socketId, true);
  await t.call('tcp', 'connect', socketId, host, port);
  return socketId;
}

/**
 * One that speaks TLS, with both its ends.
 *
 * @param {Stage} t
 * @param {{properties?: object, server?: object, host?: string}} [options]
 */
export async function secured(t, options) {
  const { socketId, server } = await ready(t, options);
  const accepted = server.accept();
  await t.call('tcp', 'secure', socketId);
  return { socketId, server, peer: await accepted };
}

/**
 * What `secure` says of a server, and whether the socket is there afterwards.
 *
 * @param {Stage} t
 * @param {Parameters<typeof ready>[1]} options
 * @param {...unknown} args of secure
 */
export async function trySecure(t, options, ...args) {
  const { socketId } = await ready(t, options);
  await t.call('tcp', 'secure', socketId, ...args);
  await t.call('tcp', 'getInfo', socketId);
}
