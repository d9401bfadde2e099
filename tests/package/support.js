import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');

/** No test waits longer than this. It only ever ends a hang, so it is generous. */
export const GUARD = { timeout: 180_000 };

/**
 * Runs a program to its end, and throws what it says when it fails.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').ExecFileOptions} [options]
 */
export const run = (program, args, options) =>
  promisify(execFile)(program, args, { maxBuffer: 1 << 28, encoding: 'utf8', ...options });

/** The version that everything here has. */
export const version = /^version = "(.*)"$/m.exec(readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))?.[1] ?? '';

export const output = path.join(build, 'package');
export const triple = `${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch]}-unknown-linux-gnu`;

/** What scripts/package makes, by its words. */
export const packages = {
  deb: path.join(output, `chrome-sockets-host_${version}-1_${{ x64: 'amd64', arm64: 'arm64' }[process.arch]}.deb`),
  tar: path.join(output, `chrome-sockets-host-${version}-${triple}.tar.gz`),
  zip: path.join(output, `chrome-sockets-host-${version}-x86_64-pc-windows-gnu.zip`),
  npm: path.join(output, `chrome-sockets-${version}.tgz`),
};

/**
 * An empty folder that is gone after the test.
 *
 * @param {import('node:test').TestContext} t
 */
export async function scratch(t) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chrome-sockets-package-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The options of a test that needs programs: it is skipped where one is missing, but not in CI.
 *
 * @param {...string} programs
 */
export function needs(...programs) {
  const missing = programs.filter((each) => !isThere(each));
  const skip = missing.length > 0 && process.env.CI !== 'true' && `there is no ${missing.join(', no ')}`;
  return { ...GUARD, skip };
}

/** @param {string} program */
function isThere(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.resolve(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} the paths in it of all that is not a folder, sorted
 */
export async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((each) => !each.isDirectory())
    .map((each) => path.relative(folder, path.join(each.parentPath, each.name)))
    .sort();
}

/** The subcommands that the program's help names. @param {string} program */
export async function subcommandsOf(program) {
  const { stdout } = await run(program, ['--help']);
  const block = /^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1] ?? '';
  return [...block.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
}

/**
 * Starts a host as a browser does, makes one call, and ends it as a browser does.
 *
 * @param {string} program
 * @param {string[]} args before the browser's own
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<any>} the message that answers
 */
export async function firstAnswer(program, args, options) {
  const host = spawn(program, [...args, 'chrome-extension://abcdefghijklmnopabcdefghijklmnop/'], {
    ...options,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(host, 'close');
  const { stdin, stdout } =
    /** @type {{stdin: import('node:stream').Writable, stdout: import('node:stream').Readable}} */ (host);
  const call = Buffer.from(JSON.stringify({ id: 1, method: 'sockets.tcpServer.create', params: {} }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(call.length);
  stdin.end(Buffer.concat([length, call]));
  const answer = await buffer(stdout);
  assert.deepEqual(await ended, [0, null], 'it ends with its input');
  assert.equal(answer.readUInt32LE(0), answer.length - 4, 'one frame, and nothing else');
  const message = JSON.parse(answer.toString('utf8', 4));
  return Array.isArray(message) ? message[0] : message;
}
