// Runs the scenarios, round after round, and tells every difference that is not accepted:
// node tests/differential/main.js [--rounds 10] [--only TEXT] [--show]
import { parseArgs } from 'node:util';
import { judge } from './accepted.js';
import { Arena } from './arena.js';
import { picture } from './compare.js';
import { scenarios } from './extension/scenarios/index.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    // Every trace, not only those that are wrong.
    show: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const chosen = scenarios.filter(({ name }) => name.includes(options.only));
if (!(rounds > 0) || chosen.length === 0) throw new Error('There is nothing to run.');

const arena = await Arena.open();
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
    /** @type {Record<string, import('./compare.js').Lines>} */
    const traces = {};
    /** @type {Record<string, number>} */
    const times = {};
    const order = /** @type {const} */ (['native', 'shim']);
    for (const contender of round % 2 ? order : [...order].reverse()) {
      const start = performance.now();
      traces[contender] = await arena.run(scenario, contender);
      times[contender] = performance.now() - start;
    }
    const { native = [], shim = [] } = traces;
    const wrong = judge(scenario.accepts, native, shim);
    const took = Object.entries(times)
      .map(([contender, ms]) => `${contender} ${ms.toFixed(0)} ms`)
      .join(', ');
    const rows = Object.keys(scenario.accepts);
    const verdict = wrong.length > 0 ? 'not ok' : 'ok';
    if (wrong.length > 0 || options.show || round === 1) {
      console.log(`${verdict} ${scenario.name}${rows.length > 0 ? ` (${rows.join(', ')})` : ''} – ${took}`);
    }
    if (wrong.length > 0 || options.show) {
      console.log(`${[...wrong, picture(native, shim)].join('\n').replaceAll(/^/gm, '  ')}`);
    }
    if (wrong.length > 0) failed += 1;
  }
  return failed;
}
