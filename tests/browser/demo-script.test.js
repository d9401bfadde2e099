import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { processesOf } from '../../scripts/lib/processes.mjs';
import { chromiumOnly, GUARD } from './support.js';

const SCRIPT = chromiumOnly('what the script does here has nothing to do with the browser');
const script = fileURLToPath(new URL('../../scripts/lib/demo.mjs', import.meta.url));

/**
 * Starts the demo in a temporary folder and a home of its own, which show what it leaves behind.
 *
 * @param {import('node:test').TestContext} t
 * @param {string[]} args
 */
async function startDemo(t, ...args) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'demo-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, TMPDIR: folder, HOME: folder };
  const child = spawn(process.execPath, [script, '--headless', ...args], { env });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const exit = once(child, 'exit');
  return {
    child,
    folder,
    output: () => output,
    async ready() {
      while (!output.includes('Ctrl-C ends it.')) {
        assert.equal(child.exitCode, null, output);
        await Promise.race([once(child.stdout, 'data'), exit]);
      }
    },
    /** Its exit code, once it has ended and nothing of it is left. */
    async end() {
      const [code] = await exit;
      assert.deepEqual(await processesOf(folder), []);
      assert.deepEqual(await readdir(folder), []);
      return code;
    },
  };
}

test('--once gets the right answers, and leaves nothing', GUARD, async (t) => {
  const demo = await startDemo(t, '--once');
  assert.equal(await demo.end(), 0, demo.output());
  for (const status of [200, 201, 401, 403, 404, 421]) assert.match(demo.output(), new RegExp(`^  ${status}$`, 'm'));
});

for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])) {
  test(`${signal} ends it, and leaves nothing`, signal === 'SIGTERM' ? SCRIPT : GUARD, async (t) => {
    const demo = await startDemo(t);
    await demo.ready();
    demo.child.kill(signal);
    assert.equal(await demo.end(), code);
  });
}

test('SIGTERM while the browser starts leaves nothing', SCRIPT, async (t) => {
  const demo = await startDemo(t);
  // Its folder is the first thing it makes.
  while ((await readdir(demo.folder)).length === 0) await new Promise((resolve) => setImmediate(resolve));
  demo.child.kill('SIGTERM');
  assert.equal(await demo.end(), 143);
});

test('when the browser is killed it ends too, and leaves nothing', GUARD, async (t) => {
  const demo = await startDemo(t);
  await demo.ready();
  const processes = await processesOf(demo.folder);
  const browser = processes.find(({ command }) => /--remote-debugging-p/.test(command) && !/--type=/.test(command));
  assert.ok(browser);
  process.kill(browser.pid, 'SIGKILL');
  assert.equal(await demo.end(), 1);
  assert.match(demo.output(), /The browser has ended\./);
});

test('a reader of its output that goes away leaves nothing', SCRIPT, async (t) => {
  const demo = await startDemo(t, '--once');
  demo.child.stdout.destroy();
  assert.equal(await demo.end(), 1);
});

test('a port that is taken is an error', SCRIPT, async (t) => {
  const first = await startDemo(t);
  await first.ready();
  const port = /127\.0\.0\.1:(\d+)/.exec(first.output())?.[1];
  const second = await startDemo(t, '--port', `${port}`);
  assert.equal(await second.end(), 1);
  assert.match(second.output(), /ERR_ADDRESS_IN_USE/);
  first.child.kill('SIGINT');
  assert.equal(await first.end(), 130);
});
