/** `tcp.secure` that fails, or is given up: certificates, peers, and other calls meanwhile. */

import { scenario } from './scenario.js';
import { connectTo, trySecure } from './securing.js';

/**
 * A `secure` under way, whose peer has got the hello and says nothing.
 *
 * @param {import('../stage.js').Stage} t
 */
async function stalled(t) {
  const server = await t.peers.listen();
  const socketId = await connectTo(t, server.port, { host: '127.0.0.1' });
  const peer = await server.accept();
  t.tcp.secure(socketId, () => {});
  await peer.receive(5);
  return { server, socketId, peer };
}

/** What comes before and in {@link stalled}. */
const STALLED = [
  'setPaused(id, true, callback)',
  'setPaused calls back ()',
  'connect(id, "127.0.0.1", the port of the peer 1, callback)',
  'connect calls back (0)',
  'secure(id, callback)',
];
const CREATED = ['tcp.create({}, callback)', 'tcp.create calls back ({socketId: tcp 1})'];
const NOT_FOUND = 'with lastError "Socket not found"';

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('T-69 secure: certificates for somebody else', async (t) => {
    await trySecure(t, { certificate: 'elsewhere' });
    await trySecure(t, { certificate: 'elsewhere', host: '127.0.0.1' });
    await trySecure(t, { certificate: 'localhost by name only', host: '127.0.0.1' });
    await trySecure(t, { certificate: 'localhost by name only', host: 'a.localhost' });
    await trySecure(t, { certificate: 'localhost', host: 'a.b.localhost' });
    await trySecure(t, { certificate: 'without names' });
  }),
  scenario('secure: certificates that are not good now, and of an unknown authority', async (t) => {
    for (const certificate of ['expired', 'not yet', 'unknown']) await trySecure(t, { certificate });
  }),
  scenario('secure: a certificate of an unknown authority for somebody else', async (t) => {
    await trySecure(t, { certificate: 'unknown elsewhere' });
  }),
  scenario('secure: certificates with two faults: the graver one is told', async (t) => {
    for (const certificate of ['expired elsewhere', 'not yet elsewhere', 'expired unknown', 'not yet unknown']) {
      await trySecure(t, { certificate });
    }
  }),
  ...Object.entries({
    garbage: 'this is no TLS at all, whatever it may be\r\n',
    'a reply of HTTP': 'HTTP/1.1 400 Bad Request\r\n\r\n',
    'an alert': '\u0015\u0003\u0003\u0000\u0002\u0002\u0028',
    'a record that is too long': '\u0016\u0003\u0003\u007f\u007f',
  }).map(([what, text]) =>
    scenario(`secure: a peer that answers the handshake with ${what}`, async (t) => {
      const server = await t.peers.listen();
      const socketId = await connectTo(t, server.port, { host: '127.0.0.1' });
      const peer = await server.accept();
      t.tcp.secure(socketId, () => {});
      await peer.receive(5);
      await peer.write(text);
      await t.settled();
      await t.call('tcp', 'getInfo', socketId);
    }),
  ),
  ...['end', 'reset'].map((how) =>
    scenario(`secure: a peer that answers the handshake with ${how === 'end' ? 'FIN' : 'RST'}`, async (t) => {
      const server = await t.peers.listen();
      const socketId = await connectTo(t, server.port, { host: '127.0.0.1' });
      const peer = await server.accept();
      t.tcp.secure(socketId, () => {});
      await peer.receive(5);
      await peer[/** @type {'end' | 'reset'} */ (how)]();
      await t.settled();
      await t.call('tcp', 'getInfo', socketId);
    }),
  ),
  ...['end', 'reset'].map((how) =>
    scenario(`secure: behind ${how === 'end' ? 'the FIN' : 'a RST'} of the peer`, async (t) => {
      const server = await t.peers.listen();
      const socketId = await connectTo(t, server.port);
      const peer = await server.accept();
      await peer[/** @type {'end' | 'reset'} */ (how)]();
      await t.barrier();
      await t.call('tcp', 'secure', socketId);
      await t.call('tcp', 'getInfo', socketId);
    }),
  ),
  scenario('secure: other calls in mid-handshake', async (t) => {
    const { server, socketId, peer } = await stalled(t);
    await t.call('tcp', 'getInfo', socketId);
    await t.call('tcp', 'setNoDelay', socketId, true);
    await t.call('tcp', 'setKeepAlive', socketId, true);
    await t.call('tcp', 'connect', socketId, '127.0.0.1', server.port);
    await t.send(socketId, 'x');
    await t.call('tcp', 'setPaused', socketId, true);
    await peer.end();
    await t.settled();
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario(
    'D4 secure: again in mid-handshake, which costs Chromium its process',
    async (t) => {
      const { socketId, peer } = await stalled(t);
      await t.call('tcp', 'secure', socketId);
      await peer.end();
      await t.settled();
    },
    {
      kind: 'fatal',
      accepts: {
        D4: {
          script: CREATED,
          'tcp 1': [
            ...STALLED,
            'secure#2(id, callback)',
            'secure#2 calls back (-4) with lastError "Socket must be a connected client TCP socket."',
            'secure calls back (-100) with lastError "net::ERR_CONNECTION_CLOSED"',
          ],
        },
      },
    },
  ),
  ...['close', 'disconnect'].map((method) =>
    scenario(
      `D4 secure: ${method} in mid-handshake`,
      async (t) => {
        const { socketId, peer } = await stalled(t);
        await t.call('tcp', method, socketId);
        t.note('the peer', (await peer.rest()).end);
        await t.barrier();
        await t.call('tcp', 'getInfo', socketId);
      },
      {
        kind: 'fatal',
        accepts: {
          D4: {
            script: [...CREATED, 'the peer: "FIN"'],
            'tcp 1': [
              ...STALLED,
              `${method}(id, callback)`,
              `secure calls back ${method === 'close' ? `(-4) ${NOT_FOUND}` : '(-3) with lastError "net::ERR_ABORTED"'}`,
              `${method} calls back ()`,
              'getInfo(id, callback)',
              method === 'close'
                ? `getInfo calls back () ${NOT_FOUND}`
                : 'getInfo calls back ({connected: false, paused: true, persistent: false, socketId: tcp 1})',
            ],
          },
        },
      },
    ),
  ),
  scenario(
    'D2 secure: a socket that was read and is paused now, as STARTTLS needs it',
    async (t) => {
      const server = await t.peers.listen();
      const socketId = await connectTo(t, server.port, { paused: false });
      const peer = await server.accept();
      await peer.write('220 ready');
      await t.received(socketId, 9);
      await t.call('tcp', 'setPaused', socketId, true);
      await peer.upgrade();
      await t.call('tcp', 'secure', socketId);
      await t.barrier();
      await t.call('tcp', 'getInfo', socketId);
    },
    {
      accepts: {
        D2: [
          'tcp 1 - secure calls back (-2) with lastError "net::ERR_FAILED"',
          'tcp 1 - onReceiveError {resultCode: -100}',
          'tcp 1 + secure calls back (0)',
          `tcp 1 - getInfo calls back () ${NOT_FOUND}`,
          'tcp 1 + getInfo calls back ({connected: true, localAddress: "127.0.0.1", localPort: a port, paused: true, peerAddress: "127.0.0.1", peerPort: the port of the peer 1, persistent: false, socketId: tcp 1})',
        ],
      },
    },
  ),
  scenario(
    'D2 secure: un-paused in mid-handshake',
    async (t) => {
      const { socketId, peer } = await stalled(t);
      await t.call('tcp', 'setPaused', socketId, false);
      await t.barrier();
      await peer.end();
      await t.settled();
    },
    { accepts: { D2: ['tcp 1 - onReceiveError {resultCode: -15}'] } },
  ),
  scenario(
    'secure: of a connection to an IPv6 address',
    async (t) => {
      await trySecure(t, { host: '::1' });
    },
    {
      accepts: {
        'IPv6 literals': [
          'tcp 1 - secure calls back (-2) with lastError "net::ERR_FAILED"',
          'tcp 1 + secure calls back (0)',
          `tcp 1 - getInfo calls back () ${NOT_FOUND}`,
          'tcp 1 + getInfo calls back ({connected: true, localAddress: "::1", localPort: a port, paused: true, peerAddress: "::1", peerPort: the port of the peer 1, persistent: false, socketId: tcp 1})',
        ],
      },
    },
  ),
];
