// Runs the scenarios, round after round, and tells every difference that is not accepted:
// node tests/differential/main.js [--rounds 10] [--only TEXT] [--show]
import { parseArgs } from 'node:util';
import { judge } from './accepted.js';
import { Arena } from './arena.js';
import { isGone, picture } from './compare.js';
import { scenarios } from './extension/scenarios/index.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    // Every trace, not only those that are wrong.
    show: { type: 'boolean', default: false },
  },
});
/**
 * Chromium's API loses the extension's process now and then in the middle of sends. Then it has told nothing, and is asked
 * again. Ours is not: when its process goes, that is a failure.
 */
const REPEATS = 3;

const rounds = Number(options.rounds);
const chosen = scenarios.filter(({ name }) => name.includes(options.only));
if (!(rounds > 0) || chosen.length === 0) throw new Error('There is nothing to run.');

let arena = await Arena.open();
let failures = 0;
try {
  console.log(`${chosen.length} scenarios in ${await arena.version()}, on its own chrome.sockets and on ours`);
  for (let round = 1; round <= rounds; round++) {
    const start = performance.now();
    const failed = await runAll(round);
    failures += failed;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`round ${round}: ${chosen.length - failed} as accepted, ${failed} not (${seconds} s)`);
  }
} finally {
  await arena.close();
}
process.exitCode = failures > 0 ? 1 : 0;

/** @param {number} round whose number decides who comes first */
async function runAll(round) {
  let failed = 0;
  for (const scenario of chosen) {
    const start = performance.now();
    let traces = await runBoth(scenario, round);
    for (let repeats = 0; scenario.kind !== 'fatal' && isGone(traces.native) && repeats < REPEATS; repeats++) {
      console.log(`again ${scenario.name}: Chromium’s API has lost the process`);
      await arena.close();
      arena = await Arena.open();
      traces = await runBoth(scenario, round);
    }
    const { native, shim } = traces;
    const wrong = judge(scenario.accepts, native, shim);
    const rows = Object.keys(scenario.accepts);
    const named = rows.length > 0 ? ` (${rows.join(', ')})` : '';
    const took = (performance.now() - start).toFixed(0);
    if (wrong.length > 0 || options.show || round === 1) {
      console.log(`${wrong.length > 0 ? 'not ok' : 'ok'} ${scenario.name}${named}, ${took} ms`);
    }
    if (wrong.length > 0 || options.show) {
      console.log([...wrong, picture(native, shim)].join('\n').replaceAll(/^/gm, '  '));
    }
    if (wrong.length > 0) failed += 1;
  }
  return failed;
}

/**
 * @param {import('./extension/scenarios/scenario.js').Scenario} scenario
 * @param {number} round
 */
async function runBoth(scenario, round) {
  /** @type {Record<'native' | 'shim', import('./compare.js').Lines>} */
  const traces = { native: [], shim: [] };
  const order = /** @type {const} */ (['native', 'shim']);
  for (const contender of round % 2 ? order : [...order].reverse()) {
    traces[contender] = await arena.run(scenario, contender);
  }
  return traces;
}
