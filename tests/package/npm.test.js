import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Project } from './project.js';
import { filesIn, GUARD, packages, root, run, scratch, version } from './support.js';

test('the npm package holds the source, both builds, types, licences, and nothing else', GUARD, async (t) => {
  const folder = await scratch(t);
  await run('tar', ['--extract', '--gzip', '--file', packages.npm, '--directory', folder]);
  const sources = (await filesIn(path.join(root, 'extension-shim/src'))).map((each) => `src/${each}`);
  const typed = sources.filter((each) => !['src/classic.js', 'src/global.js'].includes(each));
  assert.deepEqual(
    await filesIn(path.join(folder, 'package')),
    [
      ...['package.json', 'README.md', 'LICENSE-APACHE', 'LICENSE-MIT'],
      ...['dist/chrome-sockets.js', 'dist/chrome-sockets.mjs'],
      ...sources,
      ...typed.map((each) => each.replace('src/', 'types/').replace(/\.js$/, '.d.ts')),
      ...['types/api.d.ts', 'types/global.d.ts'],
    ].sort(),
  );
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    const ours = await readFile(path.join(root, licence), 'utf8');
    assert.equal(await readFile(path.join(folder, 'package', licence), 'utf8'), ours, `${licence} is that of the root`);
  }
});

test(
  'its package.json: every entry is there, types first, no dependency, no script at installation',
  GUARD,
  async (t) => {
    const folder = await scratch(t);
    await run('tar', ['--extract', '--gzip', '--file', packages.npm, '--directory', folder]);
    const manifest = JSON.parse(await readFile(path.join(folder, 'package/package.json'), 'utf8'));
    assert.equal(manifest.version, version, 'the version of the host');
    assert.equal(manifest.dependencies, undefined);
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      assert.equal(manifest.scripts[script], undefined, script);
    }
    for (const [entry, target] of Object.entries(manifest.exports)) {
      const conditions = typeof target === 'string' ? { default: target } : target;
      for (const file of Object.values(conditions)) await readFile(path.join(folder, 'package', file));
      if (typeof target !== 'string') assert.equal(Object.keys(target)[0], 'types', entry);
    }
  },
);

for (const [module, moduleResolution] of [
  ['esnext', 'bundler'],
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
]) {
  test(`a TypeScript project with moduleResolution ${moduleResolution} has its types`, GUARD, async (t) => {
    const project = await Project.create(t);
    await project.write('good.ts', GOOD);
    const options = { module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'], types: ['chrome'] };
    await project.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { ...options, strict: true, noEmit: true }, include: ['*.ts'] }),
    );
    await project.useTypesOfChrome();
    await project.tool('tsc', []);
    await project.write('wrong.ts', WRONG);
    const failure = await project.tool('tsc', []).catch((error) => error);
    assert.match(
      failure.stdout ?? '',
      /wrong\.ts\(2,.*error TS2345.*'string'.*'number'/s,
      'types that are any say nothing',
    );
  });
}

const GOOD = `
import { install, tcp, tcpServer, type InstallOptions } from 'chrome-sockets';
import { install as one } from 'chrome-sockets/dist/chrome-sockets.mjs';
import 'chrome-sockets/global';
import 'chrome-sockets/dist/chrome-sockets.js';

const options: InstallOptions = { hostName: 'org.example.host' };
install(options).tcpServer satisfies typeof tcpServer;
one satisfies typeof install;
chrome.sockets.tcpServer.onAccept.addListener(({ socketId, clientSocketId }) => {
  const sum: number = socketId + clientSocketId;
  tcp.setPaused(sum, false);
});
chrome.sockets.udp.create({}, ({ socketId }) => chrome.sockets.udp.close(socketId));
export const code: Promise<number> = chrome.sockets.tcpServer.listen(1, '127.0.0.1', 8080);
`;

const WRONG = `import { tcp } from 'chrome-sockets';
tcp.setPaused('one', false);
`;
