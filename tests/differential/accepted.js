/**
 * The differences that are meant to be: rows of the table of decisions in ARCHITECTURE.md. A scenario that meets one names it,
 * and what exactly differs then. It fails when that is not so any more: this list cannot rot.
 */

import { changes, END, isGone } from './compare.js';

/** @typedef {import('./compare.js').Lines} Lines */

/** What only one side tells is taken away before the traces are compared. */
const TRANSFORMATIONS = {
  /** Accepted sockets report `localAddress` and `localPort`. @param {Lines} shim @returns {Lines} */
  D6: (shim) =>
    shim.map(([stream, lines]) => [
      stream,
      lines.map((line) =>
        line.replace(/\{[^{}]*\bsocketId: accepted \d+[^{}]*\}/g, (info) =>
          info.replace(/localAddress: "[^"]*", localPort: [^,]*, /, ''),
        ),
      ),
    ]),
};

/** The rows that there are. */
export const ROWS = ['D1', 'D2', 'D3', 'D4', 'D5', 'D6', 'D8', 'D9', 'D10', 'D12', 'ids', 'IPv6 literals'];

/**
 * What a row accepts in a scenario: `true` for a row that is a transformation; the lines that differ, as `changes` gives
 * them; or, where Chromium's API drops callbacks and may lose its process, all that the shim does, by socket.
 *
 * @typedef {true | string[] | Record<string, string[]>} Accepted
 */

/**
 * @param {Record<string, Accepted>} accepts by row
 * @param {Lines} native
 * @param {Lines} shim
 * @returns {string[]} what is wrong; nothing when the traces differ exactly as accepted
 */
export function judge(accepts, native, shim) {
  const wrong = Object.keys(accepts)
    .filter((row) => !ROWS.includes(row))
    .map((row) => `${row} is no row that may be accepted.`);
  if (hasNoEnd(shim)) wrong.push('The shim has not come to the end of the scenario.');
  for (const [row, expected] of Object.entries(accepts)) {
    if (expected !== true && !Array.isArray(expected)) return [...wrong, ...judgeLoss(row, expected, native, shim)];
  }
  if (hasNoEnd(native)) wrong.push('Chromium’s API has not come to the end of the scenario.');
  let ours = shim;
  for (const [row, expected] of Object.entries(accepts)) {
    if (expected !== true) continue;
    const transformed = /** @type {Record<string, (shim: Lines) => Lines>} */ (TRANSFORMATIONS)[row]?.(ours);
    if (!transformed) wrong.push(`${row} needs the lines that differ.`);
    else if (JSON.stringify(transformed) === JSON.stringify(ours)) wrong.push(`${row} is not met any more.`);
    ours = transformed ?? ours;
  }
  let left = changes(native, ours);
  for (const [row, expected] of Object.entries(accepts)) {
    if (!Array.isArray(expected)) continue;
    const rest = without(left, expected);
    if (rest) left = rest;
    else wrong.push(`${row} is not met any more: the difference is not\n${indent(expected)}`);
  }
  if (left.length > 0) wrong.push(`A difference that no row accepts:\n${indent(left)}`);
  return wrong;
}

/** @param {Lines} trace */
const hasNoEnd = (trace) => trace.some(([stream]) => stream === END);

/**
 * Where Chromium's API is no model: its process is gone, or calls are never answered there that are answered by us.
 *
 * @param {string} row
 * @param {Record<string, string[]>} expected
 * @param {Lines} native
 * @param {Lines} shim
 */
function judgeLoss(row, expected, native, shim) {
  const wrong = changes(Object.entries(expected), shim);
  const text = wrong.length > 0 ? [`${row}: the shim does not what it is to do:\n${indent(wrong)}`] : [];
  const unanswered = changes(native, shim).some((line) => / \+ \S+ calls back /.test(line));
  return isGone(native) || (unanswered && !hasNoEnd(native)) ? text : [...text, `${row} is not met any more.`];
}

/**
 * @param {string[]} lines
 * @param {string[]} some
 * @returns {string[] | undefined} the lines without some of them, which have to be there in this order
 */
function without(lines, some) {
  const rest = [];
  let at = 0;
  for (const line of lines) {
    if (at < some.length && line === some[at]) at += 1;
    else rest.push(line);
  }
  return some.length > 0 && at === some.length ? rest : undefined;
}

/** @param {string[]} lines */
const indent = (lines) => lines.map((line) => `    ${line}`).join('\n');
