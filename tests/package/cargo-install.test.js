import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { filesIn, firstAnswer, root, run, scratch, version } from './support.js';

// With what has been built already, since this is not about compiling.
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');

test('cargo install --path . --locked puts the program, and only that, where cargo has its programs', {
  timeout: 600_000,
}, async (t) => {
  const folder = await scratch(t);
  await run('cargo', ['install', '--path', '.', '--locked', '--root', folder, '--target-dir', target], { cwd: root });
  assert.deepEqual(await filesIn(path.join(folder, 'bin')), ['chrome-sockets-host']);
  const program = path.join(folder, 'bin/chrome-sockets-host');
  assert.equal((await run(program, ['--version'])).stdout, `chrome-sockets-host ${version}\n`);
  const answer = await firstAnswer(program, [], { env: { CHROME_SOCKETS_CONFIG: folder } });
  assert.equal(answer.id, 1);
  assert.ok(answer.result.socketId > 0);
});
