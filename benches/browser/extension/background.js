// Runs one benchmark at a time, for the contender that `benches/browser` names.
import * as ours from './chrome-sockets/index.js';
import { floor } from './floor.js';
import * as peer from './peer-sockets/index.js';
import { overSockets } from './sockets.js';

// A second copy of the shim talks to the plain Node host. `install` leaves the native chrome.sockets where it is.
peer.install({ hostName: 'org.chrome_sockets.bench_peer' });

/** @type {Record<string, any>} */
const contenders = {
  ours: overSockets(ours),
  floor,
  native: overSockets(chrome.sockets),
  peer: overSockets(peer),
};

/** @type {any} */
let running;

Object.assign(globalThis, {
  bench: {
    /**
     * Prepares a benchmark.
     *
     * @param {string} contender
     * @param {string} measure
     * @param {Record<string, number>} params
     * @returns {Promise<number | undefined>} the port that peers are to connect to, if it has one
     */
    async start(contender, measure, params) {
      running = await contenders[contender][measure](params);
      return running.port;
    },
    /** Lets go of what the benchmark used. */
    stop: () => running.stop(),
    /** @returns {Promise<{count: number, seconds: number}>} what was counted in which time */
    async result() {
      return running.result;
    },
  },
});
