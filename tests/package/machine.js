import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packages, run, scratch } from './support.js';

/**
 * A file system with nothing in it but what dpkg installs, and the libraries that its packages depend on: what a program of
 * a package sees where nothing of this repository has ever been. It takes no root rights.
 */
export class Machine {
  /** @param {string} folder its root */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * @param {import('node:test').TestContext} t
   * @param {string[]} installed the Debian packages it has already
   */
  static async create(t, installed) {
    const machine = new Machine(await scratch(t));
    const database = machine.path('/var/lib/dpkg');
    for (const each of ['info', 'updates', 'triggers']) await mkdir(path.join(database, each), { recursive: true });
    const stanzas = await Promise.all(installed.map(async (each) => (await run('dpkg-query', ['-s', each])).stdout));
    await writeFile(path.join(database, 'status'), stanzas.join('\n'));
    await mkdir(machine.path('/proc'));
    return machine;
  }

  /** With the .deb installed, and what its program needs. @param {import('node:test').TestContext} t */
  static async withHost(t) {
    const { stdout } = await run('dpkg-deb', ['--field', packages.deb, 'Depends']);
    const machine = await Machine.create(
      t,
      stdout
        .trim()
        .split(', ')
        .map((each) => each.split(' ')[0]),
    );
    await machine.dpkg('--install', packages.deb);
    await machine.copyLibraries('/usr/bin/chrome-sockets-host');
    return machine;
  }

  /** @param {string} inside a path of this machine */
  path(inside) {
    return path.join(this.folder, inside);
  }

  /** @param {...string} args what dpkg shall do */
  dpkg(...args) {
    return run('unshare', ['--map-root-user', 'dpkg', `--root=${this.folder}`, '--log=/dev/null', ...args], {
      // Without sbin dpkg refuses to begin.
      env: { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    });
  }

  /**
   * Gives a program the shared libraries of this computer.
   *
   * @param {string} program a path of this machine
   */
  async copyLibraries(program) {
    const { stdout } = await run('ldd', [this.path(program)]);
    for (const [library] of stdout.matchAll(/\/\S+/g)) {
      await mkdir(path.dirname(this.path(library)), { recursive: true });
      await copyFile(library, this.path(library));
    }
  }

  /**
   * @param {string} program a path of this machine
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} env
   */
  run(program, args, env) {
    const enter = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"';
    const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
    return run('unshare', ['--map-root-user', '--mount', 'sh', '-c', enter, this.folder, program, ...args], {
      env: { ...env, PATH },
    });
  }

  /**
   * Writes a program that starts another of this computer, which sees what is installed on this machine as installed there.
   *
   * @param {string} program a path of this computer
   * @returns {Promise<string>} its path
   */
  async overlaid(program) {
    const file = this.path('overlaid');
    const lay = (/** @type {string} */ folder) =>
      `mount -t overlay overlay -o lowerdir="$0${folder}:${folder}" ${folder}`;
    const script = `${lay('/usr/bin')} && ${lay('/etc')} && exec "$@"`;
    const line = `exec unshare --map-root-user --mount sh -c '${script}' '${this.folder}' '${program}' "$@"`;
    await writeFile(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    return file;
  }
}
