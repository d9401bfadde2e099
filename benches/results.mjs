// Puts tables into benches/RESULTS.md, with the machine they were made on. What is written by hand there is kept.
//
//   node benches/results.mjs pipe|browser < tables
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const [section] = process.argv.slice(2);
const tables = readFileSync(0, 'utf8');

/** @param {string[]} command what its first line says */
const says = ([program, ...args]) => execFileSync(program, args, { encoding: 'utf8' }).split('\n')[0];

const cpus = os.cpus();
const gigabytes = Math.round(os.totalmem() / 2 ** 30);
const lines = [
  `${new Date().toISOString().slice(0, 10)}, commit ${says(['git', '-C', fileURLToPath(new URL('.', import.meta.url)), 'rev-parse', '--short', 'HEAD'])}.`,
  `${cpus.length} × ${cpus[0].model.trim()}, ${gigabytes} GB, ${os.type()} ${os.release()}; ${says(['rustc', '--version'])}; Node ${process.version}.`,
];

const begin = `<!-- ${section}: made by scripts/bench --write -->`;
const end = `<!-- end of ${section} -->`;
const text = readFileSync(file, 'utf8');
const from = text.indexOf(begin);
const to = text.indexOf(end);
if (from < 0 || to < from) throw new Error(`${file} has no place for ${section}.`);
writeFileSync(
  file,
  `${text.slice(0, from + begin.length)}\n\n${lines.join('\n')}\n\n${tables.trim()}\n\n${text.slice(to)}`,
);
