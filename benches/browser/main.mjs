// Benchmarks in a real Chromium: `scripts/bench browser`. Contenders take turns, round by round, in one browser.
import { parseArgs } from 'node:util';
import { Calm } from './calm.mjs';
import { everybody } from './contenders.mjs';
import { measures } from './measures.mjs';
import { markdown } from './table.mjs';
import { Threads } from './threads.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    patience: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    threads: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 7));
const chosen = measures(options.quick).filter(({ label }) => label.includes(options.only));
const threads = options.threads ? new Threads() : undefined;
const calm = new Calm(Number(options.patience));
const { session, play, close } = await everybody();

/**
 * One turn of one contender.
 *
 * @param {import('./measures.mjs').Measure} measure
 * @param {string} contender
 */
async function turn(measure, contender) {
  const { run, params, peers, value } = measure;
  const port = await session.worker.evaluate(
    (...args) => /** @type {any} */ (globalThis).bench.start(...args),
    contender,
    run,
    params,
  );
  await threads?.begin();
  const playing = peers && port ? play([peers[0], String(port), ...peers.slice(1)]) : undefined;
  try {
    const result = await session.worker.evaluate(() => /** @type {any} */ (globalThis).bench.result());
    await threads?.end(measure, contender);
    return value(result);
  } finally {
    await session.worker.evaluate(() => /** @type {any} */ (globalThis).bench.stop());
    playing?.kill();
  }
}

/** @type {Map<string, Map<string, number[]>>} */
const samples = new Map();
try {
  for (const measure of chosen) {
    /** @type {Map<string, number[]>} */
    const values = new Map(measure.contenders.map((contender) => [contender, []]));
    samples.set(measure.label, values);
    for (let round = 0; round < rounds; round++) {
      for (const contender of measure.contenders) {
        await calm.wait();
        const value = await turn(measure, contender);
        console.error(`${measure.label}, round ${round}, ${contender}: ${value}`);
        if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new Error(`${measure.label}: no number`);
        values.get(contender)?.push(value);
      }
    }
  }
  console.log(`### In ${await session.browser.version()}\n\n${markdown(chosen, samples)}\n${calm.report()}`);
  if (threads) console.log(threads.report());
} finally {
  await close();
}
