// One browser with everybody in it: our shim and host, the floor, a plain Node host behind the shim, and the native API.
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openBrowser } from '../../scripts/lib/browser.mjs';
import { extensionId } from '../../scripts/lib/profile.mjs';

const here = (/** @type {string} */ relative) => fileURLToPath(new URL(relative, import.meta.url));

/** Builds the host and the benchmarks at the pipe, whose program is the floor and the peers here. */
async function build() {
  const args = ['bench', '--no-run', '--locked', '--bench', 'pipe', '--message-format', 'json'];
  const { stdout } = await promisify(execFile)('cargo', args, { cwd: here('../..'), maxBuffer: 1 << 26 });
  const messages = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const made = messages.find(({ target, executable }) => executable && target.name === 'pipe');
  if (!made) throw new Error('cargo has not made the benchmark.');
  return made.executable;
}

/** @returns {Promise<{session: import('../../scripts/lib/browser.mjs').Session, play: typeof play, close: () => Promise<void>}>} */
export async function everybody() {
  const program = await build();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-benches-'));
  await cp(here('extension'), folder, { recursive: true });
  for (const shim of ['chrome-sockets', 'peer-sockets']) {
    await cp(here('../../extension-shim/src'), path.join(folder, shim), { recursive: true });
  }
  const { key } = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8'));
  const id = extensionId(key);
  const session = await openBrowser({
    extension: folder,
    global: 'bench',
    browser: 'chromium',
    listen: ['127.0.0.1:*'],
    flags: [`--allowlisted-extension-id=${id}`],
  });
  // A host is looked for when it is called, so these may come when the browser runs.
  const hosts = path.join(session.profile.userDataDir, 'NativeMessagingHosts');
  await mkdir(hosts, { recursive: true });
  const commands = { floor: [program, '--floor', 'browser'], peer: [process.execPath, here('../peer.mjs')] };
  for (const [name, command] of Object.entries(commands)) {
    const script = path.join(session.profile.folder, name);
    await writeFile(script, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')}\n`);
    await chmod(script, 0o755);
    const manifest = {
      name: `org.chrome_sockets.bench_${name}`,
      description: 'A contender of the benchmarks.',
      path: script,
      type: 'stdio',
      allowed_origins: [`chrome-extension://${id}/`],
    };
    await writeFile(path.join(hosts, `${manifest.name}.json`), JSON.stringify(manifest));
  }

  /** @param {string[]} args what the peers are to do; they end when they are killed */
  const play = (args) => spawn(program, ['--peers', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });

  return {
    session,
    play,
    async close() {
      await session.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
