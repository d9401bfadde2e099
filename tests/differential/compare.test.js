import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { judge, ROWS } from './accepted.js';
import { changes, diffLines, picture } from './compare.js';
import { scenarios } from './extension/scenarios/index.js';

/** @type {import('./compare.js').Lines} */
const native = [['tcp 1', ['a', 'b', 'c']]];
/** @type {import('./compare.js').Lines} */
const shim = [
  ['tcp 1', ['a', 'x', 'c']],
  ['tcp 2', ['new']],
];

test('a difference is told by lines', () => {
  assert.deepEqual(diffLines(['a', 'b', 'c'], ['a', 'c', 'd']), ['  a', '- b', '  c', '+ d']);
  assert.deepEqual(changes(native, native), []);
  assert.deepEqual(changes(native, shim), ['tcp 1 - b', 'tcp 1 + x', 'tcp 2 + new']);
  assert.equal(picture(native, shim), 'tcp 1\n    a\n  - b\n  + x\n    c\ntcp 2\n  + new');
});

test('nothing is accepted that is not named', () => {
  assert.deepEqual(judge({}, native, native), []);
  assert.equal(judge({}, native, shim).length, 1);
});

test('a difference is accepted when it is exactly the one of its row', () => {
  const lines = ['tcp 1 - b', 'tcp 1 + x'];
  assert.deepEqual(judge({ D1: lines, D2: ['tcp 2 + new'] }, native, shim), []);
  assert.match(String(judge({ D1: lines }, native, shim)), /no row accepts:\s+tcp 2 \+ new/);
  assert.match(String(judge({ D1: ['tcp 1 + x', 'tcp 1 - b'] }, native, shim)), /D1 is not met any more/);
});

test('a difference that is gone is a failure', () => {
  assert.match(String(judge({ D3: ['tcp 1 - b'] }, native, native)), /D3 is not met any more/);
  assert.match(String(judge({ D3: [] }, native, native)), /D3 is not met any more/);
  assert.match(String(judge({ D6: true }, native, native)), /D6 is not met any more/);
});

test('D6 takes the local address from what accepted sockets tell, and from nothing else', () => {
  const info = (/** @type {string} */ local, /** @type {string} */ id) =>
    `getInfo calls back ({connected: true, ${local}paused: true, peerAddress: "127.0.0.1", peerPort: a port, socketId: ${id}})`;
  const local = 'localAddress: "127.0.0.1", localPort: the port of server 1, ';
  const trace = (/** @type {string} */ line) => /** @type {import('./compare.js').Lines} */ ([['a stream', [line]]]);
  assert.deepEqual(judge({ D6: true }, trace(info('', 'accepted 1')), trace(info(local, 'accepted 1'))), []);
  assert.notDeepEqual(judge({ D6: true }, trace(info('', 'tcp 1')), trace(info(local, 'tcp 1'))), []);
});

test('where Chromium’s API loses calls or its process, all that the shim does is laid down', () => {
  /** @type {import('./compare.js').Lines} */
  const ours = [['tcp 1', ['send(id)', 'send calls back ()']]];
  const lost = { D4: { 'tcp 1': ['send(id)', 'send calls back ()'] } };
  assert.deepEqual(judge(lost, [['no end', ['the process is gone']]], ours), []);
  assert.deepEqual(judge(lost, [['tcp 1', ['send(id)']]], ours), []);
  assert.match(String(judge(lost, ours, ours)), /D4 is not met any more/);
  assert.match(String(judge(lost, [['no end', ['hangs']]], ours)), /D4 is not met any more/);
  assert.match(String(judge(lost, [['tcp 1', ['send(id)']]], [['tcp 1', ['send(id)']]])), /does not what it is to do/);
});

test('two that hang alike are no success', () => {
  assert.equal(judge({}, [['no end', ['hangs']]], [['no end', ['hangs']]]).length, 2);
});

test('no row is accepted that is no decision', async () => {
  assert.match(String(judge({ D99: ['tcp 1 - b'] }, native, shim)), /D99 is no row/);
  const text = await readFile(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
  for (const row of ROWS) assert.match(text, new RegExp(`^\\| ([A-Z0-9, ]*, )?${row}[, ].*\\|`, 'm'), row);
});

test('there are enough scenarios, each with a name of its own', () => {
  assert.ok(scenarios.length >= 80);
  assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
});
