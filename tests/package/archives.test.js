import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  filesIn,
  firstAnswer,
  GUARD,
  needs,
  output,
  packages,
  root,
  run,
  scratch,
  subcommandsOf,
  triple,
  version,
} from './support.js';

const COMMON = [
  'CHANGELOG.md',
  'LICENSE-APACHE',
  'LICENSE-MIT',
  'PROTOCOL.md',
  'README.md',
  'SECURITY.md',
  'THIRD-PARTY',
];

test('the tar.gz: what is in it, the program installs itself from there, and the folder may go', GUARD, async (t) => {
  const folder = await scratch(t);
  await run('tar', ['--extract', '--gzip', '--file', packages.tar, '--directory', folder]);
  const inside = path.join(folder, `chrome-sockets-host-${version}-${triple}`);
  const program = path.join(inside, 'chrome-sockets-host');
  const pages = (await subcommandsOf(program)).map((each) => `man/chrome-sockets-host-${each}.1`);
  assert.ok(pages.length >= 2, 'the help has subcommands');
  const completions = ['_chrome-sockets-host', 'chrome-sockets-host.bash', 'chrome-sockets-host.fish'];
  assert.deepEqual(
    await filesIn(inside),
    [
      ...COMMON,
      'chrome-sockets-host',
      'man/chrome-sockets-host.1',
      ...pages,
      ...completions.map((each) => `completions/${each}`),
    ].sort(),
  );
  assert.equal((await stat(program)).mode & 0o777, 0o755);

  // The line of its README, as a person would type it there.
  const readme = await readFile(path.join(inside, 'README.md'), 'utf8');
  const line = /^ {4}(.* --extension-id) <.*>$/m.exec(readme)?.[1] ?? '';
  const home = path.join(folder, 'home');
  await mkdir(path.join(home, '.config/chromium'), { recursive: true });
  const env = { PATH: process.env.PATH, HOME: home };
  await run('sh', ['-euc', `${line} abcdefghijklmnopabcdefghijklmnop`], { cwd: inside, env });
  const file = path.join(home, '.config/chromium/NativeMessagingHosts/org.chrome_sockets.host.json');
  const installed = JSON.parse(await readFile(file, 'utf8')).path;
  assert.ok(!installed.startsWith(inside), `${installed} is needed for good`);
  assert.equal((await run(installed, ['--version'])).stdout, `chrome-sockets-host ${version}\n`);
});

test('the notices name every crate that the program links, each with a text', GUARD, async (t) => {
  const folder = await scratch(t);
  await run('tar', ['--extract', '--gzip', '--file', packages.tar, '--directory', folder, '--strip-components=1']);
  const notices = await readFile(path.join(folder, 'THIRD-PARTY'), 'utf8');
  const args = [
    '--locked',
    '--edges',
    'normal,no-proc-macro',
    '--prefix',
    'none',
    '--format',
    '{p}',
    '--target',
    triple,
  ];
  const { stdout } = await run('cargo', ['tree', ...args], { cwd: root });
  const crates = new Set([...stdout.matchAll(/^(\S+) v(\d\S*)$/gm)].map(([, name, number]) => `${name} ${number} (`));
  assert.ok(crates.size > 20, stdout);
  for (const crate of crates) assert.ok(notices.includes(`\n${crate}`), crate);
  assert.ok(notices.includes('Permission is hereby granted'));
});

// Where it cannot be made, scripts/package has said so.
const zip =
  existsSync(packages.zip) || process.env.CI === 'true'
    ? needs('unzip', 'objdump')
    : { skip: 'scripts/package has not made it' };
test('the zip for Windows: what is in it', zip, async (t) => {
  const folder = await scratch(t);
  await run('unzip', ['-q', packages.zip, '-d', folder]);
  const inside = path.join(folder, `chrome-sockets-host-${version}-x86_64-pc-windows-gnu`);
  assert.deepEqual(await filesIn(inside), [...COMMON, 'chrome-sockets-host.exe'].sort());
  const file = path.join(inside, 'chrome-sockets-host.exe');
  const program = await readFile(file);
  const header = program.readUInt32LE(0x3c);
  assert.equal(program.toString('latin1', header, header + 4), 'PE\0\0');
  assert.equal(program.readUInt16LE(header + 4), 0x8664, 'for x86-64');
  const { stdout } = await run('objdump', ['--private-headers', file]);
  const libraries = [...stdout.matchAll(/DLL Name: (.*)/g)].map(([, name]) => name);
  assert.ok(libraries.includes('ws2_32.dll'), stdout);
  assert.doesNotMatch(libraries.join(), /libgcc|winpthread|libstdc/, 'the compiler’s libraries are not on Windows');
  assert.match(await readFile(path.join(inside, 'README.md'), 'utf8'), /\.\\chrome-sockets-host\.exe install/);
});

const wine = '/usr/lib/wine/wine64';
const prefix = path.join(root, 'target/wine');
const noWine = { skip: 'scripts/cross windows has not made a wine' };
const windows = zip.skip ? zip : existsSync(prefix) ? needs('unzip', wine) : noWine;
test('the zip for Windows: its program answers, under wine', windows, async (t) => {
  const folder = await scratch(t);
  await run('unzip', ['-q', packages.zip, '-d', folder]);
  const [file] = (await filesIn(folder)).filter((each) => each.endsWith('.exe'));
  const options = { cwd: folder, env: { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all' } };
  t.after(() => run('/usr/lib/wine/wineserver', ['-k'], options).catch(() => {}));
  const { stdout } = await run(wine, [file, '--version'], options);
  assert.equal(stdout.trim(), `chrome-sockets-host ${version}`);
  const answer = await firstAnswer(wine, [file], options);
  assert.ok(answer.result.socketId > 0);
});

test('made again, the packages have the same bytes', { timeout: 600_000 }, async () => {
  const files = Object.values(packages).filter((each) => existsSync(each));
  const digests = () =>
    Promise.all(
      files.map(async (each) =>
        createHash('sha256')
          .update(await readFile(each))
          .digest('hex'),
      ),
    );
  const before = await digests();
  // A umask, a time zone and a language of the next maintainer's.
  const env = { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8' };
  const { stdout } = await run('sh', ['-c', 'umask 077; exec "$0"', path.join(root, 'scripts/package')], { env });
  for (const file of files) assert.ok(stdout.includes(path.relative(root, file)) || stdout.includes(file), stdout);
  assert.deepEqual(await digests(), before, `if ${output} is of this commit; scripts/package makes it`);
});
