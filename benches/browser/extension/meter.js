/** Counts from when things have warmed up until all is done. */
export class Meter {
  #seen = 0;
  #start = 0;
  #base = 0;
  #warm;
  #total;
  #done = (/** @type {{count: number, seconds: number}} */ _) => {};

  /** @param {{warm: number, total: number}} amounts */
  constructor({ warm, total }) {
    this.#warm = warm;
    this.#total = total;
    /** @type {Promise<{count: number, seconds: number}>} */
    this.result = new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  /** @param {number} amount */
  add(amount) {
    this.#seen += amount;
    if (this.#start === 0) {
      if (this.#seen < this.#warm) return;
      this.#start = performance.now();
      this.#base = this.#seen;
    } else if (this.#seen >= this.#total) {
      this.#done({ count: this.#seen - this.#base, seconds: (performance.now() - this.#start) / 1000 });
    }
  }
}
