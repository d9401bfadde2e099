// Waits for a moment in which other programs leave the machine alone, as benches/pipe/calm.rs does.
import { readFile } from 'node:fs/promises';
import { spread } from './table.mjs';

/** How long other programs are watched before a turn, in milliseconds. */
const WATCHED = 100;
/** What they may take of one core. */
const LITTLE = 0.25;
/** The scheduler's ticks are this long, in milliseconds. */
const TICK = 10;

export class Calm {
  /** @type {number[]} */
  #seen = [];
  #patience;

  /** @param {number} patience seconds that may be spent on waiting, in all */
  constructor(patience) {
    this.#patience = patience * 1000;
  }

  /** Returns when it is calm or patience is over. The browser idles meanwhile. */
  async wait() {
    for (;;) {
      const start = performance.now();
      const before = await busyTicks();
      await new Promise((resolve) => setTimeout(resolve, WATCHED));
      const passed = performance.now() - start;
      const load = (((await busyTicks()) - before) * TICK) / passed;
      if (load <= LITTLE || this.#patience <= 0) {
        this.#seen.push(load * 100);
        return;
      }
      this.#patience -= passed;
    }
  }

  /** A line for whoever reads the table. */
  report() {
    const { median, range } = spread(this.#seen);
    return `Just before the turns other programs took ${median.toFixed(0)} ${range} % of one core.\n`;
  }
}

/** The time that all cores together have spent on anything, stolen time included. */
async function busyTicks() {
  const [line] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [user, nice, system, , , interrupts, soft, stolen] = line.trim().split(/ +/).slice(1).map(Number);
  return user + nice + system + interrupts + soft + stolen;
}
