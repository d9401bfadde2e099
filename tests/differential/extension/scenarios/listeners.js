/** Listeners: added and removed while an event is on its way, and what they do to each other. */

import { scenario } from './scenario.js';

/**
 * Makes listeners that note that they have been called for the data of one socket.
 *
 * @param {import('../stage.js').Stage} t
 * @param {number} socketId
 */
const noting =
  (t, socketId) =>
  (/** @type {string} */ name, /** @type {(info: any) => void} */ act = () => {}) =>
  (/** @type {any} */ info) => {
    if (info.socketId !== socketId) return;
    t.note('called', name);
    act(info);
  };

/** @type {import('./scenario.js').Scenario[]} */
export default [
  scenario('a listener that is added twice is called once, and removed at once', async (t) => {
    const { socketId, peer } = await t.connect();
    const { onReceive } = t.tcp;
    const listener = noting(t, socketId)('twice added');
    t.note('has', onReceive.hasListener(listener));
    t.note('returns', onReceive.addListener(listener));
    onReceive.addListener(listener);
    t.note('has', onReceive.hasListener(listener));
    await peer.write('a');
    await t.received(socketId, 1);
    await t.barrier();
    t.note('returns', onReceive.removeListener(listener));
    t.note('has', onReceive.hasListener(listener));
    onReceive.removeListener(listener);
    await peer.write('b');
    await t.received(socketId, 2);
    await t.barrier();
  }),
  scenario('hasListeners', async (t) => {
    const { onAcceptError } = t.tcpServer;
    t.note('with the trace', onAcceptError.hasListeners());
    t.mute('tcpServer', 'onAcceptError');
    t.note('without', onAcceptError.hasListeners());
    const listener = () => {};
    onAcceptError.addListener(listener);
    t.note('with one', onAcceptError.hasListeners());
    onAcceptError.removeListener(listener);
    t.note('without', onAcceptError.hasListeners());
    t.listen('tcpServer', 'onAcceptError');
  }),
  scenario('no functions as listeners', async (t) => {
    const { onReceive } = t.tcp;
    for (const args of [
      [],
      [undefined],
      [null],
      [5],
      [{}],
      ['x'],
      [true],
      [[]],
      [Symbol('s')],
      [() => {}, {}],
      [() => {}, undefined],
      [() => {}, null],
      [() => {}, 5],
      [() => {}, 'x'],
      [() => {}, []],
      [() => {}, () => {}],
      [() => {}, undefined, {}],
      [() => {}, { filters: [] }],
    ]) {
      for (const method of ['addListener', 'removeListener', 'hasListener']) {
        try {
          t.note(`${method}(${args.map((arg) => typeof arg).join()})`, onReceive[method](...args));
        } catch (error) {
          t.note(`${method}(${args.map((arg) => typeof arg).join()}) throws`, String(error));
        }
        for (const arg of args) if (typeof arg === 'function') onReceive.removeListener(arg);
      }
    }
  }),
  scenario('a listener that throws stops no other', async (t) => {
    const { socketId, peer } = await t.connect();
    const note = noting(t, socketId);
    const listeners = [
      note('first', () => {
        throw new Error('of a listener: this one is meant to be');
      }),
      note('second', () => {
        throw undefined;
      }),
      note('third'),
    ];
    for (const listener of listeners) t.tcp.onReceive.addListener(listener);
    await peer.write('a');
    await t.received(socketId, 1);
    await t.barrier();
    await peer.write('b');
    await t.received(socketId, 2);
    await t.barrier();
    for (const listener of listeners) t.tcp.onReceive.removeListener(listener);
  }),
  scenario('a listener that is added inside of a listener', async (t) => {
    const { socketId, peer } = await t.connect();
    const note = noting(t, socketId);
    const added = note('added');
    const first = note('first', () => t.tcp.onReceive.addListener(added));
    const second = note('second');
    t.tcp.onReceive.addListener(first);
    t.tcp.onReceive.addListener(second);
    for (const text of ['a', 'b']) {
      await peer.write(text);
      await t.received(socketId, text === 'a' ? 1 : 2);
      await t.barrier();
      t.note('one event');
    }
    for (const listener of [added, first, second]) t.tcp.onReceive.removeListener(listener);
  }),
  scenario('a listener that removes itself, and one that removes the next', async (t) => {
    const { socketId, peer } = await t.connect();
    const note = noting(t, socketId);
    const once = note('once', () => t.tcp.onReceive.removeListener(once));
    const victim = note('victim');
    const murderer = note('murderer', () => t.tcp.onReceive.removeListener(victim));
    const last = note('last');
    for (const listener of [once, murderer, victim, last]) t.tcp.onReceive.addListener(listener);
    for (const text of ['a', 'b']) {
      await peer.write(text);
      await t.received(socketId, text === 'a' ? 1 : 2);
      await t.barrier();
      t.note('one event');
    }
    for (const listener of [once, murderer, victim, last]) t.tcp.onReceive.removeListener(listener);
  }),
  scenario('a listener that is removed and added again goes to the end', async (t) => {
    const { socketId, peer } = await t.connect();
    const note = noting(t, socketId);
    const [first, second, third] = ['first', 'second', 'third'].map((name) => note(name));
    for (const listener of [first, second, third]) t.tcp.onReceive.addListener(listener);
    t.tcp.onReceive.removeListener(first);
    t.tcp.onReceive.addListener(first);
    await peer.write('a');
    await t.received(socketId, 1);
    await t.barrier();
    for (const listener of [first, second, third]) t.tcp.onReceive.removeListener(listener);
  }),
  scenario('all listeners share one object', async (t) => {
    const { socketId, peer } = await t.connect();
    /** @type {any[]} */
    const seen = [];
    const note = noting(t, socketId);
    const first = note('first', (info) => {
      seen.push(info);
      info.extra = 'from the first';
      new Uint8Array(info.data)[0] = 33;
    });
    const second = note('second', (info) => {
      seen.push(info);
      t.note('extra', info.extra);
      t.note('byte', new Uint8Array(info.data)[0]);
    });
    t.tcp.onReceive.addListener(first);
    t.tcp.onReceive.addListener(second);
    await peer.write('abc');
    await t.received(socketId, 3);
    await t.barrier();
    t.note('one object', seen[0] === seen[1]);
    t.tcp.onReceive.removeListener(first);
    t.tcp.onReceive.removeListener(second);
  }),
  scenario('microtasks run between two events', async (t) => {
    const { socketId, peer } = await t.connect({ paused: true, properties: { bufferSize: 2 } });
    const listener = noting(t, socketId)('listener', () => {
      queueMicrotask(() => t.note('a microtask'));
      Promise.resolve()
        .then(() => {})
        .then(() => t.note('a promise of a promise'));
    });
    t.tcp.onReceive.addListener(listener);
    await peer.write('abcdef');
    await t.barrier();
    await t.raw.tcp.setPaused(socketId, false);
    await t.received(socketId, 6);
    await t.barrier();
    t.tcp.onReceive.removeListener(listener);
  }),
  scenario('a listener that returns a promise is not waited for', async (t) => {
    const { socketId, peer } = await t.connect();
    /** @type {(_: void) => void} */
    let release = () => {};
    const gate = new Promise((resolve) => {
      release = resolve;
    });
    const listener = async (/** @type {any} */ info) => {
      if (info.socketId !== socketId) return;
      t.note('begins');
      await gate;
      t.note('ends');
    };
    t.tcp.onReceive.addListener(listener);
    await peer.write('a');
    await t.received(socketId, 1);
    await t.barrier();
    await peer.write('b');
    await t.received(socketId, 2);
    await t.barrier();
    release();
    await t.barrier();
    t.tcp.onReceive.removeListener(listener);
  }),
  scenario('calls from inside of listeners', async (t) => {
    const { socketId: server, port } = await t.server();
    const onAccept = (/** @type {any} */ info) => {
      if (info.socketId !== server) return;
      t.tcp.update(info.clientSocketId, { name: 'from inside' }, () => {
        t.tcp.setPaused(info.clientSocketId, false, () => t.note('un-paused'));
      });
    };
    const onReceive = (/** @type {any} */ info) => {
      const text = new TextDecoder().decode(info.data);
      if (text === 'bye') t.tcp.close(info.socketId, () => t.note('closed'));
    };
    t.tcpServer.onAccept.addListener(onAccept);
    t.tcp.onReceive.addListener(onReceive);
    const peer = await t.peers.connect(port);
    const socketId = await t.accepted(server);
    await peer.write('bye');
    await t.ended(socketId);
    await t.settled();
    t.note('the peer', await peer.rest());
    t.tcpServer.onAccept.removeListener(onAccept);
    t.tcp.onReceive.removeListener(onReceive);
  }),
];
