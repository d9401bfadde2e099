import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Project } from '../project.js';
import { GUARD, needs, scratch } from '../support.js';
import { ECHO, echoes, hostOf, takeFile, writeExtension } from './echo.js';

test(
  'npm install and a bundler: an extension in TypeScript has sockets, with the host of the tar.gz',
  GUARD,
  async (t) => {
    const project = await Project.create(t);
    const extension = path.join(project.folder, 'dist');
    await writeExtension(extension, { service_worker: 'background.js' });
    await project.write(
      'background.ts',
      `import { install } from 'chrome-sockets';\nimport 'chrome-sockets/global';\ninstall();\n${ECHO}`,
    );
    await project.tool('esbuild', ['background.ts', '--bundle', '--outfile=dist/background.js', '--log-level=warning']);
    await echoes(t, extension, { host: await hostOf(t, 'tar') });
  },
);

test(
  'no bundler, a module worker: one file of the npm package is enough, with the host of the .deb',
  needs('dpkg-deb'),
  async (t) => {
    const extension = await scratch(t);
    await takeFile(t, 'chrome-sockets.mjs', extension);
    await writeExtension(extension, { service_worker: 'background.js', type: 'module' });
    const code = `import { install } from './chrome-sockets.mjs';\ninstall();\n${ECHO}`;
    await writeFile(path.join(extension, 'background.js'), code);
    await echoes(t, extension, { host: await hostOf(t, 'deb') });
  },
);

test(
  'no bundler, a classic worker: importScripts of one file is enough, with the host of the .deb',
  needs('dpkg-deb'),
  async (t) => {
    const extension = await scratch(t);
    await takeFile(t, 'chrome-sockets.js', extension);
    await writeExtension(extension, { service_worker: 'background.js' });
    await writeFile(path.join(extension, 'background.js'), `importScripts('chrome-sockets.js');\n${ECHO}`);
    await echoes(t, extension, { host: await hostOf(t, 'deb') });
  },
);
