// What is measured in the browser, and what it is to come to.

const MiB = 1024 * 1024;

/**
 * @typedef {object} Measure
 * @property {string} label with the unit of the value
 * @property {string} run the benchmark's name in the extension
 * @property {Record<string, number>} params
 * @property {string[]} [peers] what the program that plays the peers is told, beside the port
 * @property {(result: {count: number, seconds: number}) => number} value
 * @property {string[]} contenders
 * @property {[op: '≥' | '≤', limit: number]} [wanted] of our value divided by the floor's
 */

const ALL = ['ours', 'floor', 'native', 'peer'];

const megabytes = (/** @type {any} */ { count, seconds }) => count / 1e6 / seconds;
const perSecond = (/** @type {any} */ { count, seconds }) => count / seconds;
const milliseconds = (/** @type {any} */ { count, seconds }) => (seconds / count) * 1e3;

/**
 * @param {boolean} quick
 * @returns {Measure[]}
 */
export function measures(quick) {
  const amounts = (/** @type {number} */ total) => {
    const all = quick ? Math.ceil(total / 20) : total;
    return { warm: Math.floor(all / 5), total: all };
  };
  const receive = (/** @type {number} */ slice, /** @type {number} */ total) => {
    const params = { slice, warm: total / 8, total };
    return {
      label: `host → JS, events of at most ${slice / 1024} KiB, MB/s`,
      run: 'receive',
      params,
      peers: ['flood', String(params.total)],
      value: megabytes,
      contenders: ALL,
      wanted: /** @type {['≥', number]} */ (['≥', 0.95]),
    };
  };
  const send = (/** @type {number} */ size, /** @type {number} */ total) => ({
    label: `JS → host, sends of ${size / 1024} KiB, 16 at a time, MB/s`,
    run: 'send',
    params: { size, inFlight: 16, warm: total / 8, total },
    peers: ['sink'],
    value: megabytes,
    contenders: ALL,
    wanted: /** @type {['≥', number]} */ (['≥', 0.9]),
  });
  const echo = (/** @type {number} */ sockets, /** @type {number} */ total) => ({
    run: 'echo',
    params: { sockets, bytes: 64, ...amounts(total) },
    peers: ['echo', String(sockets), '64'],
    contenders: ALL,
  });
  const full = quick ? 4 * MiB : 64 * MiB;
  return [
    receive(4096, full),
    receive(16384, full),
    receive(65536, full),
    send(4096, full),
    send(16384, full),
    send(65536, 2 * full),
    {
      label: 'small events: 100 bytes from each of 1,000 sockets at once, events/s',
      run: 'rounds',
      params: { sockets: 1000, bytes: 100, warm: quick ? 1000 : 10_000, total: quick ? 4_000 : 80_000 },
      peers: ['rounds', '1000', '100'],
      value: perSecond,
      contenders: ALL,
    },
    {
      label: 'call and reply (getInfo), one at a time, ms',
      run: 'call',
      params: amounts(2_500),
      value: milliseconds,
      contenders: ALL,
      wanted: ['≤', 1.1],
    },
    { label: 'echo of 64 bytes, one connection, ms', value: milliseconds, ...echo(1, 2_000) },
    { label: 'echo of 64 bytes, 100 connections, echoes/s', value: perSecond, ...echo(100, 40_000) },
    {
      label: 'connect + accept + echo + close, 16 clients, connections/s',
      run: 'visits',
      params: amounts(3_200),
      peers: ['visits', String(amounts(3_200).total), '16'],
      value: perSecond,
      contenders: ALL.filter((each) => each !== 'floor'),
    },
  ];
}
