// Samples to a Markdown table, as benches/pipe/table.rs makes them.

/** @param {number[]} values */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, range: `[${short(sorted[0])}–${short(sorted.at(-1) ?? Number.NaN)}]` };
}

/** @param {number} value three digits that count, or all of those before the point */
export function short(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

const OTHERS = ['floor', 'native', 'peer'];

/**
 * @param {import('./measures.mjs').Measure[]} measures
 * @param {Map<string, Map<string, number[]>>} samples by label and contender, round by round
 */
export function markdown(measures, samples) {
  const lines = [
    `| | ours | ${OTHERS.map((other) => `${other} | ours / ${other}`).join(' | ')} | wanted | |`,
    `|${' --- |'.repeat(4 + 2 * OTHERS.length)}`,
  ];
  for (const { label, wanted } of measures) {
    const values = /** @type {Map<string, number[]>} */ (samples.get(label));
    const ours = values.get('ours') ?? [];
    const cells = [label, text(ours)];
    let verdict = ['', ''];
    for (const other of OTHERS) {
      const theirs = values.get(other);
      if (!theirs) {
        cells.push('–', '–');
        continue;
      }
      const ratio = spread(ours.map((value, round) => value / theirs[round]));
      cells.push(text(theirs), `**${short(ratio.median)}** ${ratio.range}`);
      if (wanted && other === 'floor') {
        const [sign, limit] = wanted;
        const met = sign === '≥' ? ratio.median >= limit : ratio.median <= limit;
        verdict = [`${sign} ${limit} of the floor`, met ? 'met' : '**missed**'];
      }
    }
    lines.push(`| ${[...cells, ...verdict].join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** @param {number[]} values */
function text(values) {
  const { median, range } = spread(values);
  return `${short(median)} ${range}`;
}
