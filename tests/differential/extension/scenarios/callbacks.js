/** The ways in which an answer comes: callback, promise, or not at all; and `lastError`. */

import { scenario } from './scenario.js';

const ID = 99_999;
const TCP = 'tcp without a name: 99999';
const SERVER = 'tcpServer without a name: 99999';
const buffer = new ArrayBuffer(1);

/** The methods that Chrome keeps callback-only, with the parameters that its TypeErrors tell. */
const CALLBACK_ONLY = {
  'tcpServer.listen': 'integer socketId, string address, integer port, optional integer backlog, function callback',
  'tcp.connect':
    'integer socketId, string peerAddress, integer peerPort, optional sockets.tcp.DnsQueryType dnsQueryType, function callback',
  'tcp.send': 'integer socketId, binary data, function callback',
  'tcp.setKeepAlive': 'integer socketId, boolean enable, optional integer delay, function callback',
  'tcp.setNoDelay': 'integer socketId, boolean noDelay, function callback',
};

/**
 * D10: what differs where a callback-only method is called without a callback.
 *
 * @param {string} stream
 * @param {keyof typeof CALLBACK_ONLY} method
 * @param {number} nth
 * @param {string} outcome of our promise
 */
function promised(stream, method, nth, outcome) {
  const name = `${method.split('.')[1]}${nth > 1 ? `#${nth}` : ''}`;
  const signature = `${method}(${CALLBACK_ONLY[method]})`;
  return [
    `${stream} - ${name} throws TypeError: Error in invocation of sockets.${signature}: No matching signature.`,
    `${stream} + ${name} returns a promise`,
    `${stream} + ${name} ${outcome}`,
  ];
}

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('B-22 promises where Chrome has them', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      const { socketId } = await t[namespace].create();
      await t[namespace].create({ name: 'a' });
      await t[namespace].getInfo(socketId);
      await t[namespace].update(socketId, { name: 'b' });
      await t[namespace].setPaused(socketId, true);
      await t[namespace].disconnect(socketId);
      await t[namespace].getSockets();
      await t[namespace].close(socketId);
    }
  }),
  scenario('B-23 promises that reject', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      await t.attempt(namespace, 'getInfo', ID);
      await t.attempt(namespace, 'update', ID, {});
      await t.attempt(namespace, 'setPaused', ID, true);
      await t.attempt(namespace, 'disconnect', ID);
      await t.attempt(namespace, 'close', ID);
    }
  }),
  scenario('B-25 a callback that is undefined or null', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      for (const absent of [undefined, null]) {
        await t.attempt(namespace, 'create', {}, absent);
        await t.attempt(namespace, 'create', absent, absent);
        await t.attempt(namespace, 'create', absent);
        await t.attempt(namespace, 'getInfo', ID, absent);
        await t.attempt(namespace, 'getSockets', absent);
        await t.attempt(namespace, 'update', ID, {}, absent);
        await t.attempt(namespace, 'setPaused', ID, true, absent);
        await t.attempt(namespace, 'disconnect', ID, absent);
        await t.attempt(namespace, 'close', ID, absent);
      }
    }
  }),
  scenario(
    'B-02 B-24 D10 the callback-only methods without a callback',
    async (t) => {
      for (const absent of [[], [undefined], [null]]) {
        await t.attempt('tcpServer', 'listen', ID, '127.0.0.1', 0, ...absent);
        await t.attempt('tcp', 'connect', ID, '127.0.0.1', 1, ...absent);
        await t.attempt('tcp', 'send', ID, buffer, ...absent);
        await t.attempt('tcp', 'setKeepAlive', ID, true, ...absent);
        await t.attempt('tcp', 'setNoDelay', ID, true, ...absent);
      }
    },
    {
      accepts: {
        D10: [
          ...[1, 2, 3].flatMap((nth) => [
            ...promised(TCP, 'tcp.connect', nth, 'rejects with Error: Socket not found'),
            ...promised(TCP, 'tcp.send', nth, 'rejects with Error: Socket not found'),
            ...promised(TCP, 'tcp.setKeepAlive', nth, 'rejects with Error: Socket not found {resultCode: -2}'),
            ...promised(TCP, 'tcp.setNoDelay', nth, 'rejects with Error: Socket not found {resultCode: -2}'),
          ]),
          ...[1, 2, 3].flatMap((nth) =>
            promised(SERVER, 'tcpServer.listen', nth, 'rejects with Error: Socket not found'),
          ),
        ],
      },
    },
  ),
  scenario(
    'D10 a callback-only method that succeeds without a callback',
    async (t) => {
      const { socketId } = await t.call('tcpServer', 'create', {});
      await t.attempt('tcpServer', 'listen', socketId, '127.0.0.1', 0);
      await t.attempt('tcpServer', 'listen', socketId, 'localhost', 0);
    },
    {
      accepts: {
        D10: [
          ...promised('server 1', 'tcpServer.listen', 1, 'resolves with 0'),
          ...promised(
            'server 1',
            'tcpServer.listen',
            2,
            'rejects with Error: net::ERR_INVALID_ARGUMENT {resultCode: -4}',
          ),
        ],
      },
    },
  ),
  scenario('B-07 B-08 B-09 B-21 optional arguments in the middle: left out, undefined, null', async (t) => {
    for (const backlog of [[], [undefined], [null], [5]]) {
      const { socketId } = await t.call('tcpServer', 'create', {});
      await t.call('tcpServer', 'listen', socketId, '127.0.0.1', 0, ...backlog);
    }
    const { port } = await t.peers.listen();
    t.namePort(port, 'the port of the peer');
    for (const type of [[], [undefined], [null], ['any'], ['ipv4']]) {
      const { socketId } = await t.call('tcp', 'create', {});
      await t.call('tcp', 'connect', socketId, '127.0.0.1', port, ...type);
      for (const delay of [[], [undefined], [null], [5]]) await t.call('tcp', 'setKeepAlive', socketId, true, ...delay);
    }
  }),
  scenario('B-15 B-16 properties that are absent, undefined or null', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      for (const properties of [[], [undefined], [null], [{}], [{ name: undefined, persistent: null }]]) {
        const { socketId } = await t.call(namespace, 'create', ...properties);
        await t.call(namespace, 'getInfo', socketId);
      }
    }
    const { socketId } = await t.call('tcp', 'create', { name: undefined, bufferSize: null });
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('B-26 B-29 lastError: its form, and that it is there in the callback only', async (t) => {
    const look = () => {
      const { lastError } = chrome.runtime;
      return lastError && { text: JSON.stringify(lastError), names: Object.getOwnPropertyNames(lastError).sort() };
    };
    t.note('before', look());
    await new Promise((resolve) => {
      t.tcp.getInfo(ID, () => {
        t.note('inside', look());
        t.note('once more', look());
        queueMicrotask(() => t.note('in a microtask of the callback', look()));
        resolve(undefined);
      });
      t.note('after the call', look());
    });
    await null;
    t.note('afterwards', look());
    await new Promise((resolve) => {
      t.tcp.create({}, () => {
        t.note('inside of one that succeeds', look());
        resolve(undefined);
      });
    });
    await t.attempt('tcp', 'getInfo', ID);
    t.note('after a promise that rejects', look());
  }),
  scenario('lastError of a call inside of the callback of another', async (t) => {
    const message = () => chrome.runtime.lastError?.message;
    await new Promise((resolve) => {
      t.tcp.getInfo(ID, () => {
        t.note('first', message());
        t.tcp.send(ID, buffer, () => {
          t.note('second', message());
          t.tcp.create({}, () => {
            t.note('third', message());
            resolve(undefined);
          });
        });
        t.note('first again', message());
      });
    });
  }),
  scenario('a callback that throws stops no other', async (t) => {
    await new Promise((resolve) => {
      t.tcp.create({}, () => {
        t.note('throws');
        throw new Error('of a callback: this one is meant to be');
      });
      t.tcp.getInfo(ID, () => {
        t.note('throws with lastError', chrome.runtime.lastError?.message);
        throw new Error('of a callback: this one is meant to be');
      });
      t.tcp.create({}, resolve);
    });
    t.note('goes on', chrome.runtime.lastError);
  }),
  scenario('B-28 failing calls whose outcome nobody asks for', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    t.tcp.close(ID, () => {});
    t.tcp.disconnect(ID, () => {});
    await t.settled();
    await t.call('tcp', 'getInfo', socketId);
  }),
  scenario('answers come in the order of the calls', async (t) => {
    const { socketId } = await t.call('tcp', 'create', {});
    const { socketId: server } = await t.call('tcpServer', 'create', {});
    /** @type {string[]} */
    const order = [];
    const last = await Promise.all(
      /** @type {const} */ ([
        ['tcp', 'getInfo', socketId],
        ['tcp', 'update', socketId, { name: 'n' }],
        ['tcp', 'getInfo', socketId],
        ['tcp', 'setPaused', socketId, true],
        ['tcp', 'getInfo', ID],
        ['tcp', 'send', socketId, buffer],
        ['tcp', 'setNoDelay', socketId, true],
        ['tcpServer', 'getInfo', server],
        ['tcp', 'getSockets'],
        ['tcp', 'disconnect', socketId],
        ['tcp', 'close', socketId],
        ['tcp', 'close', socketId],
        ['tcp', 'getInfo', socketId],
      ]).map(async ([namespace, method, ...args]) => {
        const result = await t.call(namespace, method, ...args);
        order.push(method);
        return result;
      }),
    );
    t.note('order', order);
    t.note('answers', last.length);
  }),
  scenario('what the namespaces have', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      // Ours alone: it serves TLS, too.
      const members = Object.keys(t[namespace]).filter((name) => name !== 'generateCertificate');
      t.note(namespace, members.sort());
    }
    t.note('DnsQueryType', t.tcp.DnsQueryType);
    for (const name of ['create', 'listen', 'onAccept', 'onAcceptError']) {
      t.note(`tcpServer.${name}`, typeof t.tcpServer[name]);
    }
    t.note(
      'methods of an event',
      ['addListener', 'removeListener', 'hasListener', 'hasListeners'].map((name) => typeof t.tcp.onReceive[name]),
    );
    t.note('udp of tcp', typeof t.tcp.bind);
  }),
];
