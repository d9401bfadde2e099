import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packages, root, run, scratch } from './support.js';

const modules = path.join(root, 'extension-shim/node_modules');

/** A project of somebody else's that has installed the shim from its package, and never seen this repository. */
export class Project {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {import('node:test').TestContext} t */
  static async create(t) {
    const project = new Project(await scratch(t));
    await project.write('package.json', JSON.stringify({ name: 'somebody-elses', private: true, type: 'module' }));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    // Whatever the package asked of a registry would fail.
    await run('npm', ['install', '--offline', ...quiet, packages.npm], { cwd: project.folder });
    return project;
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  async write(name, text) {
    await writeFile(path.join(this.folder, name), text);
  }

  /** As `npm install --save-dev @types/chrome`. */
  async useTypesOfChrome() {
    await mkdir(path.join(this.folder, 'node_modules/@types'), { recursive: true });
    await symlink(path.join(modules, '@types/chrome'), path.join(this.folder, 'node_modules/@types/chrome'));
  }

  /**
   * @param {string} name a tool that a project has: `tsc` or `esbuild`
   * @param {string[]} args
   */
  tool(name, args) {
    return run(path.join(modules, '.bin', name), args, { cwd: this.folder });
  }
}
