// Who used the processor during a turn: the browser's threads, the host, the peers. With two cores that are both busy, this says
// more about a ratio than the ratio does.
import { readdir, readFile } from 'node:fs/promises';
import { short, spread } from './table.mjs';

/** Rows of the table: a process, and in the browser and the renderer a thread. */
const ROWS = [
  ["browser: I/O thread, which reads and writes hosts' pipes", 'browser', /^Chrome_IOThread/],
  ['browser: UI thread, which forwards messages', 'browser', /^chrom/],
  ['browser: the rest', 'browser', /./],
  ['renderer: the service worker', 'renderer', /^ServiceWorker/],
  ['renderer: the rest', 'renderer', /./],
  ['network service', 'network', /./],
  ['host', 'host', /./],
  ['peers', 'peers', /./],
];

/** @param {string} command */
function processOf(command) {
  if (command.includes('--peers')) return 'peers';
  if (/--floor|peer\.mjs|chrome-sockets-host/.test(command)) return 'host';
  if (command.includes('--utility-sub-type=network')) return 'network';
  if (command.includes('--type=renderer')) return 'renderer';
  if (command.includes('--type=')) return 'other';
  return command.includes('--user-data-dir') ? 'browser' : 'other';
}

/** @returns {Promise<Map<string, {row: string, ms: number}>>} by thread */
async function snapshot() {
  const found = new Map();
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const process = processOf((await readFile(`/proc/${id}/cmdline`, 'utf8')).replaceAll('\0', ' '));
      for (const thread of await readdir(`/proc/${id}/task`)) {
        const folder = `/proc/${id}/task/${thread}`;
        const name = await readFile(`${folder}/comm`, 'utf8');
        const row = ROWS.find(([, of, pattern]) => of === process && /** @type {RegExp} */ (pattern).test(name));
        if (!row) continue;
        const [spent] = (await readFile(`${folder}/schedstat`, 'utf8')).split(' ');
        found.set(`${id}/${thread}`, { row: String(row[0]), ms: Number(spent) / 1e6 });
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

export class Threads {
  /** @type {Map<string, {row: string, ms: number}>} */
  #before = new Map();
  /** @type {Map<string, Map<string, Map<string, number[]>>>} by measure, contender and row */
  #spent = new Map();

  /** Right before a turn, when its host runs and its peers do not yet. */
  async begin() {
    this.#before = await snapshot();
  }

  /**
   * Right after it, while both still run.
   *
   * @param {import('./measures.mjs').Measure} measure
   * @param {string} contender
   */
  async end({ label, params, value }, contender) {
    const sums = new Map(ROWS.map(([row]) => [String(row), 0]));
    for (const [thread, { row, ms }] of await snapshot()) {
      sums.set(row, (sums.get(row) ?? 0) + ms - (this.#before.get(thread)?.ms ?? 0));
    }
    // MB of payload, or operations.
    const isData = label.includes('MB/s');
    const counted = isData ? value({ count: params.total, seconds: 1 }) : params.total / 1e3;
    for (const [row, ms] of sums) this.#samples(label, contender, row).push(ms / counted);
  }

  /** @param {string[]} keys measure, contender, row */
  #samples(...[label, contender, row]) {
    const contenders = this.#spent.get(label) ?? new Map();
    this.#spent.set(label, contenders);
    const rows = contenders.get(contender) ?? new Map();
    contenders.set(contender, rows);
    const samples = rows.get(row) ?? [];
    rows.set(row, samples);
    return samples;
  }

  /** A Markdown table for each measure. */
  report() {
    return [...this.#spent]
      .map(([label, contenders]) => {
        const names = [...contenders.keys()];
        const unit = label.includes('MB/s') ? 'ms per MB' : 'µs each';
        const lines = [
          `| ${label}: processor time, ${unit} | ${names.join(' | ')} |`,
          `|${' --- |'.repeat(names.length + 1)}`,
        ];
        for (const [row] of ROWS) {
          const cells = names.map((name) => short(spread(contenders.get(name)?.get(String(row)) ?? []).median));
          lines.push(`| ${row} | ${cells.join(' | ')} |`);
        }
        const sums = names.map((name) => {
          const rows = [...(contenders.get(name)?.values() ?? [])];
          return short(
            spread(rows[0].map((_, round) => rows.reduce((sum, samples) => sum + samples[round], 0))).median,
          );
        });
        return `${lines.join('\n')}\n| **together** | ${sums.join(' | ')} |\n`;
      })
      .join('\n');
  }
}
