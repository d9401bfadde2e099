import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Machine } from './machine.js';
import { filesIn, needs, packages, run, scratch, subcommandsOf, version } from './support.js';

const NAME = 'chrome-sockets-host';
const PROGRAM = `/usr/bin/${NAME}`;
const EXTENSION = 'abcdefghijklmnopabcdefghijklmnop';
const OTHER = 'ponmlkjihgfedcbaponmlkjihgfedcba';

/** @param {import('node:test').TestContext} t */
async function unpacked(t) {
  const folder = await scratch(t);
  await run('dpkg-deb', ['--extract', packages.deb, folder]);
  return folder;
}

test('the .deb holds the program and its documents, owned by root, and nothing else', needs('dpkg-deb'), async (t) => {
  const folder = await unpacked(t);
  const pages = (await subcommandsOf(path.join(folder, PROGRAM))).map((each) => `${NAME}-${each}.1.gz`);
  assert.ok(pages.length >= 2, 'the help has subcommands');
  const doc = `usr/share/doc/${NAME}/`;
  assert.deepEqual(
    await filesIn(folder),
    [
      `usr/bin/${NAME}`,
      ...['PROTOCOL.md.gz', 'SECURITY.md.gz', 'THIRD-PARTY.gz'].map((each) => doc + each),
      ...['changelog.Debian.gz', 'changelog.gz', 'copyright'].map((each) => doc + each),
      ...[`${NAME}.1.gz`, ...pages].map((each) => `usr/share/man/man1/${each}`),
      `usr/share/bash-completion/completions/${NAME}`,
      `usr/share/fish/vendor_completions.d/${NAME}.fish`,
      `usr/share/zsh/vendor-completions/_${NAME}`,
    ].sort(),
  );
  const { stdout } = await run('dpkg-deb', ['--contents', packages.deb]);
  for (const line of stdout.trim().split('\n')) {
    assert.match(line, /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x(?=.*\/usr\/bin\/)) root\/root /);
  }
  const { stdout: depends } = await run('dpkg-deb', ['--field', packages.deb, 'Depends']);
  assert.match(depends, /^libc6 \(>= 2\.\d+\), libgcc-s1 \(>= [\d.]+\)\n$/);
});

test('dpkg installs it, and it serves a user and all users from there', needs('dpkg', 'unshare'), async (t) => {
  const machine = await Machine.withHost(t);
  const { stdout: checked } = await machine.dpkg('--verify', NAME);
  assert.equal(checked, '', 'md5sums are those of the files');
  const shown = await machine.run(PROGRAM, ['--version'], {});
  assert.equal(shown.stdout, `${NAME} ${version}\n`);

  await installForBoth(machine);
  for (const [directory, id] of [
    ['/home/me/.config/chromium/NativeMessagingHosts', EXTENSION],
    ['/etc/chromium/native-messaging-hosts', OTHER],
  ]) {
    const manifest = JSON.parse(await readFile(machine.path(`${directory}/org.chrome_sockets.host.json`), 'utf8'));
    assert.equal(manifest.path, PROGRAM, directory);
    assert.deepEqual(manifest.allowed_origins, [`chrome-extension://${id}/`]);
  }
  // dpkg keeps the program up to date; a copy would grow old.
  const copies = (await filesIn(machine.folder)).filter(
    (each) => path.basename(each) === NAME && `/${each}` !== PROGRAM,
  );
  assert.deepEqual(copies, ['usr/share/bash-completion/completions/chrome-sockets-host']);
  // It ends with 1 where it finds a fault.
  const { stdout: diagnosis } = await machine.run(PROGRAM, ['doctor'], { HOME: '/home/me' });
  assert.ok(diagnosis.includes(PROGRAM), diagnosis);
});

test('an upgrade asks nothing, and a purge leaves what people wrote', needs('dpkg', 'unshare'), async (t) => {
  const machine = await Machine.withHost(t);
  await installForBoth(machine);
  const { stdout } = await machine.dpkg('--listfiles', NAME);
  const owned = new Set(stdout.trim().split('\n'));
  const files = async () => (await filesIn(machine.folder)).filter((each) => !each.startsWith('var/lib/dpkg/'));
  const before = await files();
  await machine.dpkg('--install', packages.deb);
  assert.deepEqual(await files(), before);
  await machine.dpkg('--purge', NAME);
  const left = before.filter((each) => !owned.has(`/${each}`));
  assert.ok(left.includes('etc/chromium/native-messaging-hosts/org.chrome_sockets.host.json'));
  assert.deepEqual(await files(), left);
});

/** For one user, and for all. @param {Machine} machine */
async function installForBoth(machine) {
  await mkdir(machine.path('/home/me/.config/chromium'), { recursive: true });
  await machine.run(PROGRAM, ['install', '--extension-id', EXTENSION], { HOME: '/home/me' });
  await machine.run(PROGRAM, ['install', '--system', '--browser', 'chromium', '--extension-id', OTHER], {});
}

test('a library that is missing or too old is dpkg’s to say', needs('dpkg', 'unshare'), async (t) => {
  const machine = await Machine.create(t, ['libgcc-s1']);
  await assert.rejects(machine.dpkg('--install', packages.deb), /depends on libc6 \(>= 2\.\d+\)/);
});

test('the manual pages render without a warning', needs('dpkg-deb', 'man'), async (t) => {
  const pages = path.join(await unpacked(t), 'usr/share/man/man1');
  for (const page of await filesIn(pages)) {
    const { stdout, stderr } = await run('man', ['--warnings', '--local-file', path.join(pages, page)], {
      env: { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_STDERR: '1' },
    });
    assert.equal(stderr, '', page);
    assert.ok(stdout.includes('SYNOPSIS') && stdout.includes(version), `${page}:\n${stdout}`);
  }
});

const completions = 'usr/share';

test('bash completes it', needs('dpkg-deb', 'bash'), async (t) => {
  const file = path.join(await unpacked(t), completions, 'bash-completion/completions', NAME);
  const { stdout } = await run('bash', ['--noprofile', '--norc', '-euc', BASH, file, NAME]);
  assert.equal(stdout, 'install\n');
});

/** What bash does when a person has typed `chrome-sockets-host inst` and presses the tabulator. */
const BASH = `
source "$0"
[[ $(complete -p "$1") =~ -F\\ ([^ ]+) ]]
COMP_WORDS=("$1" inst) COMP_CWORD=1
"\${BASH_REMATCH[1]}" "$1" inst "$1"
printf '%s\\n' "\${COMPREPLY[@]}"
`;

test('zsh finds its completion, and can read it', needs('dpkg-deb', 'zsh'), async (t) => {
  const folder = path.join(await unpacked(t), completions, 'zsh/vendor-completions');
  await run('zsh', ['-f', '-n', path.join(folder, `_${NAME}`)]);
  const script = 'fpath=($1 $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[$2]';
  const { stdout } = await run('zsh', ['-f', '-c', script, 'zsh', folder, NAME]);
  assert.equal(stdout, `_${NAME}\n`);
});

test('fish completes it', needs('dpkg-deb', 'fish'), async (t) => {
  const folder = await unpacked(t);
  const file = path.join(folder, completions, 'fish/vendor_completions.d', `${NAME}.fish`);
  const script = `source ${file}; complete -C '${NAME} inst'`;
  const { stdout } = await run('fish', ['--no-config', '--command', script], { env: { ...process.env, HOME: folder } });
  assert.match(stdout, /^install\t\S.*\n$/);
});
