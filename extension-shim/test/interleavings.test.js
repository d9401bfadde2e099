/**
 * Random interleavings of calls, sends, replies in any order, events, listeners that call, throw and go, and the end of the host:
 * every call settles exactly once, and an app sees what the host said in the order of the wire (DESIGN 5.2 and 5.4).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { random, silence, start, task } from '../testing/fake-host.js';

const ROUNDS = 30;
const STEPS = 40;
const KIB = 1024;
/** A play that is not over by then never will be. */
const MOST_ROUNDS = 500;

/** What the host of these tests answers when the play says so. */
const HELD = ['getInfo', 'update', 'setPaused', 'setNoDelay', 'setKeepAlive', 'send', 'disconnect', 'close'];
const hold = Object.fromEntries(HELD.map((method) => [`sockets.tcp.${method}`, () => undefined]));

/** Small enough to close amid most of the long sends. */
const SEND_WINDOW = 128 * KIB;

const REPLIES = [
  { result: null },
  { result: { paused: true } },
  { error: { message: 'Socket not found' } },
  { error: { message: 'net::ERR_FAILED', code: -2 }, result: -2 },
];
const CUT = { error: { message: 'net::ERR_SOCKET_NOT_CONNECTED', code: -15 }, result: { resultCode: -15 } };

const bytesOf = (message) => Buffer.from(message.params.data, 'base64');

/** Consecutive data of a socket counts as one piece: where it is cut has no meaning. */
function joined(trace) {
  const pieces = [];
  for (const [what, bytes] of trace) {
    const last = pieces.at(-1);
    if (bytes && last?.what === what) last.bytes = Buffer.concat([last.bytes, bytes]);
    else pieces.push({ what, bytes });
  }
  return pieces.map(({ what, bytes }) => (bytes ? `${what} ${bytes.toString('base64')}` : what));
}

class Play {
  /** What the host said, and what the app saw, in order. */
  wire = [];
  seen = [];
  /** How often each call has settled, by its tag. */
  settled = new Map();
  /** The text of `lastError` that a tag's reply brings. */
  errors = new Map();
  /** Tags of calls that name a real socket, in the order of the calls. */
  ends = [];
  /** What the host has been asked and has not answered: request, tag, and whether all of it is there. */
  asked = new Map();
  answered = new Set();
  read = 0;
  taken = 0;
  clients = 100;

  constructor(shim, next) {
    Object.assign(this, { shim, next, host: shim.host });
    const { tcp, tcpServer } = shim;
    tcp.onReceive.addListener(({ socketId, data }) => {
      this.seen.push([`data of ${socketId}`, Buffer.from(data)]);
      this.perhapsCall();
    });
    tcp.onReceiveError.addListener(({ socketId }) => this.seen.push([`end of ${socketId}`]));
    tcpServer.onAccept.addListener(({ clientSocketId }) => this.seen.push([`client ${clientSocketId}`]));
    this.events = [tcp.onReceive, tcp.onReceiveError, tcpServer.onAccept];
  }

  /** Listeners call too, but not without end. */
  perhapsCall() {
    if (this.next(4) === 0) this.call();
  }

  tag() {
    const tag = 1000 + this.settled.size;
    this.settled.set(tag, 0);
    return tag;
  }

  /** Makes a call in one of its two forms. */
  make(tag, method, ...args) {
    const settle = () => {
      this.settled.set(tag, this.settled.get(tag) + 1);
      this.seen.push([`reply ${tag}`]);
      this.perhapsCall();
    };
    if (this.next(2) === 0) {
      // As in an app that waits for a function of its own, which returns the promise: a few microtasks later.
      const own = async () => this.shim.tcp[method](...args);
      own().then(settle, settle);
      return;
    }
    this.shim.tcp[method](...args, () => {
      const text = globalThis.chrome.runtime.lastError?.message;
      if (this.answered.has(tag)) assert.equal(text, this.errors.get(tag), `lastError of ${tag}`);
      settle();
    });
  }

  /** A call that only its tag tells from others: it stands where the socket would. */
  call() {
    const tag = this.tag();
    const [method, ...more] = [
      ['getInfo'],
      ['update', {}],
      ['setPaused', true],
      ['setNoDelay', true],
      ['setKeepAlive', false],
    ][this.next(5)];
    this.make(tag, method, tag, ...more);
  }

  send() {
    const tag = this.tag();
    const data = Buffer.alloc(this.next(3) ? 4 + this.next(100) : 4 + this.next(300 * KIB));
    data.writeUInt32LE(tag);
    this.make(tag, 'send', 1 + this.next(2), data);
  }

  end() {
    const tag = this.tag();
    const method = this.next(2) ? 'disconnect' : 'close';
    const socketId = 1 + this.next(2);
    this.ends.push({ tag, method: `sockets.tcp.${method}`, socketId });
    this.make(tag, method, socketId);
  }

  listeners() {
    const event = this.events[this.next(this.events.length)];
    const listener = () => {
      if (this.next(3) === 0) event.removeListener(listener);
      if (this.next(3) === 0) throw new Error('of a listener');
    };
    event.addListener(listener);
  }

  /** Takes in what has reached the host. */
  hear() {
    for (const message of this.host.messages.slice(this.read)) {
      const { id, method, more, params } = message;
      const known = this.asked.get(id);
      if (method === 'sockets.tcp.send') this.taken += bytesOf(message).length;
      if (known) known.whole = !more;
      else if (id !== undefined && method in hold)
        this.asked.set(id, { id, method, params, tag: this.tagOf(message), whole: !more });
    }
    this.read = this.host.messages.length;
  }

  tagOf(message) {
    const { method, params } = message;
    if (method === 'sockets.tcp.send') return bytesOf(message).readUInt32LE();
    const at = this.ends.findIndex((end) => end.method === method && end.socketId === params.socketId);
    return at < 0 ? params.socketId : this.ends.splice(at, 1)[0].tag;
  }

  open() {
    return [...this.asked.values()].filter(({ tag }) => !this.answered.has(tag));
  }

  /** The reply to a request, behind those that an end brings about. */
  replies(request) {
    const { id, method, params, tag, whole } = request;
    const isEnd = method.endsWith('.close') || method.endsWith('.disconnect');
    const sends = this.open().filter(
      (other) => other.method === 'sockets.tcp.send' && other.params.socketId === params.socketId,
    );
    const cut = isEnd ? sends.filter((other) => other.id < id) : [];
    const reply = method === 'sockets.tcp.send' && !whole ? CUT : REPLIES[isEnd ? 0 : this.next(REPLIES.length)];
    return [...cut.map((other) => this.reply(other.id, other.tag, CUT)), this.reply(id, tag, reply)];
  }

  reply(id, tag, reply) {
    this.answered.add(tag);
    this.errors.set(tag, reply.error?.message);
    this.wire.push([`reply ${tag}`]);
    return { id, ...reply };
  }

  event() {
    const socketId = 1 + this.next(2);
    const kind = this.next(6);
    if (kind === 0) {
      this.wire.push([`end of ${socketId}`]);
      return { event: 'sockets.tcp.onReceiveError', params: { socketId, resultCode: -100 } };
    }
    if (kind === 1) return Array.from({ length: 1 + this.next(30) }, () => this.client());
    const bytes = Buffer.alloc(1 + this.next(this.next(2) ? 100 : 60 * KIB), `${this.next(1e6)};`);
    this.wire.push([`data of ${socketId}`, bytes]);
    const params = { socketId, data: bytes.toString('base64') };
    return {
      event: 'sockets.tcp.onReceive',
      params,
      ...(this.next(2) && { slice: 1 + (bytes.length >> 8) + this.next(bytes.length) }),
    };
  }

  client() {
    this.clients += 1;
    this.wire.push([`client ${this.clients}`]);
    return { event: 'sockets.tcpServer.onAccept', params: { socketId: 3, clientSocketId: this.clients } };
  }

  /** The host says something of everything that may be said now. */
  say() {
    this.hear();
    const frame = [];
    for (let count = 1 + this.next(5); count > 0; count -= 1) {
      const open = this.open();
      if (open.length > 0 && this.next(2)) frame.push(...this.replies(open[this.next(open.length)]));
      else frame.push(...[this.event()].flat());
    }
    if (this.next(3) === 0) frame.push({ event: 'host.ack', params: { bytes: this.taken } });
    this.host.send(frame.length === 1 ? frame[0] : frame);
  }

  async step() {
    const deeds = [this.call, this.call, this.send, this.send, this.end, this.listeners, this.say, this.say, this.say];
    deeds[this.next(deeds.length)].call(this);
    const pause = this.next(4);
    if (pause === 0) await task();
    for (let hop = 0; hop < pause; hop += 1) await null;
  }

  /** The host answers all that is asked, until nothing is. */
  async settle() {
    let rounds = 0;
    for (let quiet = 0; quiet < 3; quiet += 1) {
      rounds += 1;
      assert.ok(rounds < MOST_ROUNDS, `never settled: ${this.waiting()}`);
      await task();
      // What the shim fails by itself it fails in a timer's task.
      await new Promise((resolve) => setTimeout(resolve));
      this.hear();
      const open = this.open().filter(({ whole }) => whole);
      if (open.length > 0 || this.waiting().length > 0) quiet = 0;
      this.host.event('host.ack', { bytes: this.taken });
      for (const request of open) if (!this.answered.has(request.tag)) this.host.send(this.replies(request));
    }
  }

  waiting() {
    return [...this.settled].filter(([, count]) => count === 0);
  }

  assertOrder() {
    const told = ([what]) => !what.startsWith('reply') || this.answered.has(Number(what.slice('reply '.length)));
    assert.deepEqual(joined(this.seen.filter(told)), joined(this.wire));
  }

  /** Sends that were begun are ended, and their chunks stand together. */
  assertRows() {
    const open = new Map();
    for (const { id, method, more, params } of this.host.messages) {
      if (method !== 'sockets.tcp.send') continue;
      const begun = open.get(params.socketId);
      assert.ok(begun === undefined || begun === id, `send ${id} stands amid ${begun}`);
      if (more) open.set(params.socketId, id);
      else open.delete(params.socketId);
    }
    assert.deepEqual([...open], []);
  }

  /** What the host was told of its credit never ran ahead and was at most a step behind. */
  assertCredit() {
    const events = this.wire.filter(([what]) => what.startsWith('data'));
    const spent = events.reduce((sum, [, bytes]) => sum + Math.max(1024, bytes.length), 0);
    const accepts = this.wire.filter(([what]) => what.startsWith('client')).length;
    let last = { port: 0, accepts: 0 };
    for (const ack of this.host.acks) {
      assert.ok(ack.port >= last.port && ack.accepts >= last.accepts, 'a counter ran backwards');
      last = ack;
    }
    assert.ok(last.port <= spent && spent - last.port < 256 * KIB, `${last.port} of ${spent}`);
    assert.ok(last.accepts <= accepts && accepts - last.accepts < 64, `${last.accepts} of ${accepts}`);
  }
}

/** A shim with two connected sockets and a listening server, all of whose further calls are answered by the play. */
async function begin(next) {
  const hello = () => ({ result: { protocol: 1, sendWindow: SEND_WINDOW } });
  const shim = await start({ handlers: { ...hold, 'host.hello': hello } });
  for (const namespace of [shim.tcp, shim.tcp, shim.tcpServer]) await namespace.create();
  await shim.tcp.connect(1, '127.0.0.1', 7);
  await shim.tcp.connect(2, '127.0.0.1', 7);
  await shim.tcpServer.listen(3, '127.0.0.1', 0);
  return new Play(shim, next);
}

for (const end of ['answers everything', 'is suddenly gone']) {
  test(`every call settles once and order is the wire's, when in the end the host ${end}`, async (t) => {
    silence(t, 'error');
    const seed = Number(process.env.CHROME_SOCKETS_SEED ?? Date.now() % 1e6);
    console.log(`seed ${seed}`);
    const next = random(seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      const play = await begin(next);
      for (let step = 0; step < STEPS; step += 1) await play.step();
      if (end === 'answers everything') {
        await play.settle();
        play.assertOrder();
        play.assertRows();
        play.assertCredit();
      }
      play.next = () => 1;
      play.host.exit();
      await new Promise((resolve) => setTimeout(resolve));
      await task();
      const wrong = [...play.settled].filter(([, count]) => count !== 1);
      assert.deepEqual(wrong, [], `round ${round}: calls and how often they settled`);
    }
  });
}
