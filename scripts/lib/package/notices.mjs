/**
 * The notices that the licences of the crates in the host ask to be handed on with it, as one text.
 *
 * notices.mjs TARGET: for a build for that target, such as x86_64-unknown-linux-gnu.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [target] = process.argv.slice(2);
if (!target) throw new Error('a target is needed');

/**
 * @typedef {{id: string, name: string, version: string, license: string | null, manifest_path: string, authors: string[],
 *   repository: string | null, targets: {kind: string[]}[]}} Crate
 * @typedef {{id: string, deps: {pkg: string, dep_kinds: {kind: string | null}[]}[]}} Node
 */

/** @type {{packages: Crate[], resolve: {root: string, nodes: Node[]}}} */
const { packages, resolve } = JSON.parse(
  execFileSync('cargo', ['metadata', '--format-version', '1', '--locked', '--filter-platform', target], {
    cwd: root,
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  }),
);
const crates = new Map(packages.map((each) => [each.id, each]));
const nodes = new Map(resolve.nodes.map((each) => [each.id, each]));

/** What is linked: normal dependencies of normal dependencies; a procedural macro runs in the compiler. */
function linked() {
  /** @type {Set<string>} */
  const found = new Set();
  const waiting = [resolve.root];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const crate = crates.get(id);
    if (!crate || found.has(id) || crate.targets.some(({ kind }) => kind.includes('proc-macro'))) continue;
    found.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id)?.deps ?? []) {
      if (dep_kinds.some(({ kind }) => kind === null)) waiting.push(pkg);
    }
  }
  found.delete(resolve.root);
  return [...found].flatMap((id) => crates.get(id) ?? []);
}

/**
 * The texts that go with a crate. Where it may be taken under MIT, among others, that is what is done.
 *
 * @param {Crate} crate
 */
function textsOf(crate) {
  const folder = path.dirname(crate.manifest_path);
  const all = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice|unlicense)/i.test(name));
  const mit = all.filter((name) => /mit/i.test(name));
  const alternatives = (crate.license ?? '').split(/ OR |\//);
  const chosen = alternatives.includes('MIT') && mit.length > 0 ? mit : all;
  const texts = chosen.sort().map((name) => readFileSync(path.join(folder, name), 'utf8').trim());
  if (texts.length > 0) return texts;
  if (!crate.license) throw new Error(`${crate.name} has neither a licence nor its text`);
  const authors = crate.authors.join(', ') || crate.repository || 'its authors';
  return [`The crate comes without the text of its licence, ${crate.license}.\nCopyright: ${authors}`];
}

/** Crates by text: many share one. @type {Map<string, string[]>} */
const byText = new Map();
for (const crate of linked().sort((a, b) => a.name.localeCompare(b.name, 'en'))) {
  const title = `${crate.name} ${crate.version} (${crate.license})`;
  for (const text of textsOf(crate)) byText.set(text, [...(byText.get(text) ?? []), title]);
}
if (byText.size === 0) throw new Error('no crates');

const line = '='.repeat(80);
process.stdout.write(`chrome-sockets-host contains the Rust standard library (MIT OR Apache-2.0, https://www.rust-lang.org) and the crates below.
Where a crate offers a choice that includes the MIT licence, it is used under that one.
`);
for (const [text, titles] of byText) process.stdout.write(`\n${line}\n${titles.join('\n')}\n${line}\n\n${text}\n`);
