/** Compares two normalised traces, and tells a difference so that a person sees it. */

/** @typedef {[stream: string, lines: string[]][]} Lines */

/** Where a trace tells that its scenario has not come to its end. */
export const END = 'no end';

/** What it tells there when the worker's process, or the browser, has ended. */
export const GONE = 'the process is gone';

/** @param {Lines} trace whether the process went in the middle of it */
export const isGone = (trace) => trace.some(([stream, lines]) => stream === END && lines.includes(GONE));

/**
 * The steps from one list to another, with as many lines kept as possible.
 *
 * @param {readonly string[]} a
 * @param {readonly string[]} b
 * @returns {string[]} each line with `- ` (only in a), `+ ` (only in b) or `  ` in front
 */
export function diffLines(a, b) {
  // kept[i][j]: how many lines a[i…] and b[j…] share.
  const kept = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      kept[i][j] = a[i] === b[j] ? kept[i + 1][j + 1] + 1 : Math.max(kept[i + 1][j], kept[i][j + 1]);
    }
  }
  const result = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.push(`  ${a[i]}`);
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || kept[i + 1][j] >= kept[i][j + 1])) {
      result.push(`- ${a[i]}`);
      i += 1;
    } else {
      result.push(`+ ${b[j]}`);
      j += 1;
    }
  }
  return result;
}

/**
 * @param {Lines} native
 * @param {Lines} shim
 * @returns {[stream: string, lines: string[]][]} every stream, with what differs marked
 */
export function diff(native, shim) {
  const ours = new Map(shim);
  const streams = [...new Set([...native, ...shim].map(([stream]) => stream))].sort();
  const theirs = new Map(native);
  return streams.map((stream) => [stream, diffLines(theirs.get(stream) ?? [], ours.get(stream) ?? [])]);
}

/** @param {string} line */
const isChange = (line) => !line.startsWith('  ');

/**
 * @param {Lines} native
 * @param {Lines} shim
 * @returns {string[]} what differs, each line as `stream - line` (native only) or `stream + line` (shim only)
 */
export function changes(native, shim) {
  return diff(native, shim).flatMap(([stream, lines]) => lines.filter(isChange).map((line) => `${stream} ${line}`));
}

/**
 * @param {Lines} native
 * @param {Lines} shim
 * @returns {string} both traces in one, for people
 */
export function picture(native, shim) {
  return diff(native, shim)
    .map(([stream, lines]) => [stream, ...lines.map((line) => `  ${line}`)].join('\n'))
    .join('\n');
}
