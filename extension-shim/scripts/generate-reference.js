/**
 * Writes `docs/api.md` from the table of signatures and the documentation beside it. With `--check` it writes nothing and
 * fails when the file is not what it would write.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { namespaces, pathOf, signature } from '../src/api/signatures.js';
import { docs } from './api-docs.js';

const FILE = new URL('../../docs/api.md', import.meta.url);

const INTRODUCTION = `# API reference

<!-- Generated from extension-shim/src/api/signatures.js and extension-shim/scripts/api-docs.js by \`npm run reference\`. Do not edit. -->

Names, arguments, errors and events are Chrome's, as they were in Chrome Apps. Every method takes a callback as its last argument, or
returns a promise when that is left out. A callback finds an error in \`chrome.runtime.lastError\`; a promise rejects with an \`Error\`
whose \`message\` is the same text and whose \`resultCode\` is the net error code, where there is one. Wrong types are thrown
as a \`TypeError\` at once. Integers are 32 bits; \`binary\` is an \`ArrayBuffer\` or a view of one when it goes in, an \`ArrayBuffer\`
when it comes out. "Source" tells where a rule comes from: Chromium's own behaviour, or this project where Chromium has none.
`;

/** A cell of a table, in which a bar would begin the next one. */
const cell = (/** @type {string} */ text) => text.replaceAll('|', '\\|');

/** A link to the dictionary or enumeration that a type names, or the type as it stands. */
function type(/** @type {string} */ space, /** @type {string} */ declared) {
  const name = (declared.split('.').at(-1) ?? '').replace('[]', '');
  if (!namespaces[/** @type {'tcp'} */ (space)].types[name]) return `\`${declared}\``;
  return `[\`${declared.split('.').at(-1)}\`](#${anchor(`${space}.${name}`)})`;
}

/** The anchor that a heading gets where Markdown is shown. */
const anchor = (/** @type {string} */ heading) => heading.toLowerCase().replace(/[^a-z0-9_-]/g, '');

function doc(/** @type {string} */ space, /** @type {string} */ name) {
  const found = docs[space]?.[name];
  if (!found) throw new Error(`scripts/api-docs.js says nothing about ${space}.${name}`);
  return found;
}

function members(/** @type {string[][]} */ rows, /** @type {string} */ first) {
  if (rows.length === 0) return [];
  return [
    `| ${first} | type | |`,
    '| --- | --- | --- |',
    ...rows.map(([name, declared, text]) => `| \`${name}\` | ${declared} | ${cell(text ?? '')} |`),
    '',
  ];
}

const optionality = (/** @type {boolean} */ optional) => (optional ? ', optional' : '');

function method(/** @type {string} */ space, /** @type {string} */ name) {
  const { parameters: text, result } = namespaces[/** @type {'tcp'} */ (space)].methods[name];
  const about = doc(space, name);
  const parameters = signature(space, name, text).parameters.slice(0, -1);
  const [resultType, resultName] = (result ?? '').split(' ');
  const rows = parameters.map((parameter) => [
    parameter.name,
    type(space, parameter.type) + optionality(parameter.optional),
    about.members?.[parameter.name] ?? '',
  ]);
  const list = parameters.map((parameter) => (parameter.optional ? `${parameter.name}?` : parameter.name));
  const gives = resultType ? `${type(space, resultType)} ${resultName}: ${about.result ?? ''}` : '';
  return [
    `### ${space}.${name}`,
    '',
    `\`${space}.${name}(${list.join(', ')})\``,
    '',
    about.text,
    '',
    ...members(rows, 'argument'),
    ...(gives ? [`Gives: ${gives}`, ''] : []),
    ...((about.errors ?? []).length > 0 ? ['Errors:', '', ...(about.errors ?? []).map((each) => `- ${each}`), ''] : []),
    `Source: ${about.source}.`,
    '',
  ];
}

function event(/** @type {string} */ space, /** @type {string} */ name, /** @type {string} */ info) {
  const about = doc(space, name);
  return [
    `### ${space}.${name}`,
    '',
    about.text,
    '',
    `Listeners get: ${type(space, info)}.`,
    '',
    `Source: ${about.source}.`,
    '',
  ];
}

function named(/** @type {string} */ space, /** @type {string} */ name, /** @type {any} */ declared) {
  const about = doc(space, name);
  const rows = Array.isArray(declared)
    ? []
    : Object.entries(declared).map(([member, text]) => [
        member,
        type(space, text.replace('optional ', '')) + optionality(text.startsWith('optional ')),
        about.members?.[member] ?? '',
      ]);
  const values = Array.isArray(declared) ? [`One of ${declared.map((value) => `\`${value}\``).join(', ')}.`, ''] : [];
  return [
    `### ${space}.${name}`,
    '',
    about.text,
    '',
    ...values,
    ...members(rows, 'member'),
    `Source: ${about.source}.`,
    '',
  ];
}

function namespace(/** @type {string} */ space) {
  const { types, methods, events } = namespaces[/** @type {'tcp'} */ (space)];
  return [
    `## chrome.${pathOf(space)}`,
    '',
    doc(space, '').text,
    '',
    ...Object.keys(methods).flatMap((name) => method(space, name)),
    ...Object.entries(events).flatMap(([name, info]) => event(space, name, info)),
    ...Object.entries(types).flatMap(([name, declared]) => named(space, name, declared)),
  ];
}

const reference = `${[INTRODUCTION, ...Object.keys(namespaces).flatMap(namespace)].join('\n').trimEnd()}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(FILE, reference);
} else if (readFileSync(FILE, 'utf8') !== reference) {
  console.error('docs/api.md is not what the table says: run "npm run reference" in extension-shim.');
  process.exitCode = 1;
}
