/**
 * The differences that are meant to be: rows of the table of decisions in ARCHITECTURE.md. A scenario that meets one names it,
 * and what exactly differs then. It fails when that is not so any more: this list cannot rot.
 */

import { changes } from './compare.js';

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
export const ROWS = ['D1', 'D2', 'D3', 'D4', 'D5', 'D6', 'D8', 'D9', 'D10', 'D12', 'ids'];

/**
 * @param {Record<string, true | string[]>} accepts by row, what differs: lines as `changes` gives them, or true for a row
 *   that is a transformation
 * @param {Lines} native
 * @param {Lines} shim
 * @returns {string[]} what is wrong; nothing when the traces differ exactly as accepted
 */
export function judge(accepts, native, shim) {
  const wrong = [];
  let ours = shim;
  for (const [row, expected] of Object.entries(accepts)) {
    if (!ROWS.includes(row)) wrong.push(`${row} is no row that may be accepted.`);
    if (expected !== true) continue;
    const transformed = /** @type {Record<string, (shim: Lines) => Lines>} */ (TRANSFORMATIONS)[row]?.(ours);
    if (!transformed) wrong.push(`${row} needs the lines that differ.`);
    else if (JSON.stringify(transformed) === JSON.stringify(ours)) wrong.push(`${row} is not met any more.`);
    ours = transformed ?? ours;
  }
  let left = changes(native, ours);
  for (const [row, expected] of Object.entries(accepts)) {
    if (expected === true) continue;
    const rest = without(left, expected);
    if (rest) left = rest;
    else wrong.push(`${row} is not met any more: the difference is not\n${indent(expected)}`);
  }
  if (left.length > 0) wrong.push(`A difference that no row accepts:\n${indent(left)}`);
  return wrong;
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
