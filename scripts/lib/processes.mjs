import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {string} command the program and its arguments
 */

/** @returns {Promise<Process[]>} all processes that can be seen */
async function processes() {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command=']);
    return stdout.split('\n').flatMap((line) => {
      const match = /^\s*(\d+)\s+(.*)$/.exec(line);
      return match ? [{ pid: Number(match[1]), command: match[2] }] : [];
    });
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid: Number(pid), command: command.replaceAll('\0', ' ') };
    }),
  );
}

/**
 * The processes that name a folder in their command line. A temporary folder has a name of its own, so that these are
 * the ones we have started, and nobody else's.
 *
 * @param {string} folder
 * @returns {Promise<Process[]>}
 */
export async function processesOf(folder) {
  return (await processes()).filter(({ pid, command }) => pid !== process.pid && command.includes(folder));
}

/**
 * Waits for the processes of a folder to end, and ends those that do not.
 *
 * @param {string} folder
 * @param {number} patience in milliseconds
 */
export async function endProcessesOf(folder, patience) {
  const deadline = Date.now() + patience;
  for (;;) {
    const left = await processesOf(folder);
    if (left.length === 0) return;
    if (Date.now() > deadline) for (const { pid } of left) kill(pid);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}
