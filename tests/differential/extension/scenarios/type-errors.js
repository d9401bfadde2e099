/** Mistakes in the arguments, which are thrown at once, in Chrome's words. */

import { scenario } from './scenario.js';

/** No socket has this number, so what is not thrown is answered by "Socket not found". */
const ID = 99_999;
const done = () => {};

/**
 * @param {import('../trace.js').Namespace} namespace
 * @param {string} method
 * @param {unknown[][]} lists the arguments of each call
 * @returns {import('./scenario.js').Scenario['run']}
 */
const calls =
  (namespace, method, ...lists) =>
  async (t) => {
    for (const args of lists) await t.attempt(namespace, method, ...args);
    await t.settled();
  };

const buffer = new ArrayBuffer(2);

/** What is no integer of 32 bits. */
const notIntegers = ['1', 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31) - 1, true, {}, [], 1n, null];

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario(
    'B-11 B-12 B-14 tcpServer.create: wrong properties',
    calls(
      'tcpServer',
      'create',
      [{ foo: 1 }, done],
      [{ bufferSize: 1 }, done],
      [{ name: 1 }, done],
      [{ name: {} }, done],
      [{ name: [] }, done],
      [{ name: 1.5 }, done],
      [{ name: buffer }, done],
      [{ name: done }, done],
      [{ persistent: 1 }, done],
      [{ persistent: 'true' }, done],
      [{ persistent: {}, name: 1 }, done],
      [{ name: 1, persistent: {} }, done],
      [{ name: 'a', foo: undefined }, done],
      [{ name: 'a', foo: null }, done],
      [{ toString: 1 }, done],
      [{ '': 1 }, done],
    ),
  ),
  scenario(
    'B-13 B-14 tcp.create: wrong properties',
    calls(
      'tcp',
      'create',
      [{ foo: 1 }, done],
      [{ name: 1 }, done],
      [{ name: true }, done],
      [{ persistent: 0 }, done],
      ...notIntegers.filter((value) => value !== null).map((bufferSize) => [{ bufferSize }, done]),
      [{ bufferSize: new Date(0) }, done],
      [{ bufferSize: () => {} }, done],
      [{ bufferSize: Symbol('s') }, done],
    ),
  ),
  scenario('tcpServer.create and tcp.create: wrong arguments', async (t) => {
    for (const namespace of /** @type {const} */ (['tcpServer', 'tcp'])) {
      for (const args of [
        [1],
        ['x'],
        [true],
        [[]],
        [[], done],
        [done, done],
        [{}, {}],
        [{}, 1],
        [{}, done, 1],
        [{}, done, undefined],
        [{}, undefined, undefined],
        [done, undefined],
        [1n, done],
        [Symbol('s'), done],
      ]) {
        await t.attempt(namespace, 'create', ...args);
      }
    }
    await t.settled();
  }),
  scenario(
    'update: wrong arguments',
    calls(
      'tcpServer',
      'update',
      [],
      [ID],
      [{}],
      ['1', {}],
      [1.5, {}],
      [ID, null],
      [ID, undefined],
      [ID, 1],
      [ID, []],
      [ID, 'x', done],
      [ID, { foo: 1 }, done],
      [ID, { bufferSize: 1 }, done],
      [ID, { name: 1 }, done],
      [ID, { persistent: 'x' }],
      [ID, {}, 1],
      [ID, {}, done, 1],
      [ID, {}, {}],
    ),
  ),
  scenario(
    'tcp.update: wrong arguments',
    calls(
      'tcp',
      'update',
      [],
      [ID, { bufferSize: 1.5 }, done],
      [ID, { bufferSize: '1' }, done],
      [ID, { bufferSize: 2 ** 31 }, done],
      [ID, { paused: true }, done],
      [ID, { name: null, bufferSize: undefined, persistent: null }, done],
    ),
  ),
  scenario(
    'setPaused: wrong arguments',
    calls(
      'tcp',
      'setPaused',
      [],
      [ID],
      [true],
      [ID, 1],
      [ID, 'true'],
      [ID, null],
      [ID, undefined],
      [ID, undefined, done],
      [ID, {}, done],
      [ID, done],
      [ID, true, 1],
      [ID, true, 'x'],
      [ID, true, done, done],
    ),
  ),
  scenario(
    'B-01 B-03 B-04 B-05 B-06 B-10 listen: wrong arguments',
    calls(
      'tcpServer',
      'listen',
      [],
      [ID],
      [done],
      [ID, '127.0.0.1'],
      [ID, '127.0.0.1', done],
      [ID, '127.0.0.1', '8080', done],
      ...notIntegers.map((port) => [ID, '127.0.0.1', port, done]),
      ...notIntegers.slice(0, -1).map((backlog) => [ID, '127.0.0.1', 0, backlog, done]),
      [ID, 1, 0, done],
      [ID, null, 0, done],
      [ID, undefined, 0, done],
      [ID, '127.0.0.1', undefined, done],
      [ID, '127.0.0.1', undefined, 5, done],
      ['1', '127.0.0.1', 0, done],
      [null, '127.0.0.1', 0, done],
      [ID, '127.0.0.1', 0, 5, done, 1],
      [ID, '127.0.0.1', 0, 5, 5],
      [ID, '127.0.0.1', 0, 5, {}],
      [ID, '127.0.0.1', 0, done, done],
    ),
  ),
  scenario(
    'B-20 connect: wrong arguments',
    calls(
      'tcp',
      'connect',
      [],
      [ID, 'h', done],
      [ID, 'h', '1', done],
      [ID, 'h', 1.5, done],
      [ID, 1, 1, done],
      [ID, null, 1, done],
      [ID, 'h', null, done],
      ['x', 'h', 1, done],
      [ID, 'h', 1, 'ipv5', done],
      [ID, 'h', 1, '', done],
      [ID, 'h', 1, 'IPV4', done],
      [ID, 'h', 1, 4, done],
      [ID, 'h', 1, {}, done],
      [ID, 'h', 1, 'ipv4', done, 1],
      [ID, 'h', 1, 'ipv4', {}],
      [ID, 'h', 1, done, done],
    ),
  ),
  scenario(
    'B-17 B-18 send: wrong arguments',
    calls(
      'tcp',
      'send',
      [],
      [ID],
      [ID, done],
      [ID, 'text', done],
      [ID, [1, 2], done],
      [ID, {}, done],
      [ID, 1, done],
      [ID, null, done],
      [ID, undefined, done],
      [ID, new Blob(['x']), done],
      [ID, true, done],
      ['1', buffer, done],
      [1.5, buffer, done],
      [ID, buffer, {}],
      [ID, buffer, done, 1],
      [buffer, ID, done],
    ),
  ),
  scenario('setKeepAlive and setNoDelay: wrong arguments', async (t) => {
    for (const args of [
      [],
      [ID],
      [ID, done],
      [ID, 1, done],
      [ID, 'true', done],
      [ID, null, done],
      [ID, true, '5', done],
      [ID, true, 1.5, done],
      [ID, true, 2 ** 31, done],
      [ID, true, 5, 5],
      [ID, true, 5, done, 1],
    ]) {
      await t.attempt('tcp', 'setKeepAlive', ...args);
      await t.attempt('tcp', 'setNoDelay', ...args);
    }
    await t.settled();
  }),
  scenario('disconnect, close and getInfo: wrong arguments', async (t) => {
    for (const method of ['disconnect', 'close', 'getInfo']) {
      for (const args of [
        [],
        [done],
        ['1', done],
        [1.5, done],
        [Number.NaN, done],
        [2 ** 31, done],
        [null, done],
        [undefined, done],
        [{}, done],
        [true],
        [ID, 1],
        [ID, 'x'],
        [ID, {}],
        [ID, done, 1],
        [ID, done, undefined],
        [ID, undefined, undefined],
      ]) {
        await t.attempt('tcp', method, ...args);
        await t.attempt('tcpServer', method, ...args);
      }
    }
    await t.settled();
  }),
  scenario('getSockets: wrong arguments', async (t) => {
    for (const args of [[1], ['x'], [{}], [true], [done, 1], [undefined, done], [null, null]]) {
      await t.attempt('tcp', 'getSockets', ...args);
      await t.attempt('tcpServer', 'getSockets', ...args);
    }
    await t.settled();
  }),
  scenario('integers that are not written like one: -0, 8080.0, the ends of 32 bits', async (t) => {
    for (const id of [-0, 8080.0, 2 ** 31 - 1, -(2 ** 31), 0, -1]) {
      await t.call('tcp', 'getInfo', id);
      await t.call('tcpServer', 'getInfo', id);
    }
  }),
  scenario('a getter that throws, a proxy, and inherited properties', async (t) => {
    const throwing = {
      get name() {
        throw new RangeError('from the getter');
      },
    };
    await t.attempt('tcp', 'create', throwing, done);
    const inherited = Object.create({ name: 'inherited', foo: 1 });
    const { socketId } = await t.call('tcp', 'create', inherited);
    await t.call('tcp', 'getInfo', socketId);
    const proxy = new Proxy({ name: 'proxy' }, {});
    const { socketId: second } = await t.call('tcp', 'create', proxy);
    await t.call('tcp', 'getInfo', second);
    const hidden = Object.defineProperty({}, 'name', { value: 'hidden', enumerable: false });
    const { socketId: third } = await t.call('tcp', 'create', hidden);
    await t.call('tcp', 'getInfo', third);
    const symbol = { [Symbol('s')]: 1, name: 'with a symbol' };
    const { socketId: fourth } = await t.call('tcp', 'create', symbol);
    await t.call('tcp', 'getInfo', fourth);
    class Properties {
      name = 'of a class';
    }
    const { socketId: fifth } = await t.call('tcp', 'create', new Properties());
    await t.call('tcp', 'getInfo', fifth);
  }),
];
