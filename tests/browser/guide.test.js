import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hostProgram, openBrowser } from '../../scripts/lib/browser.mjs';
import { Profile } from '../../scripts/lib/profile.mjs';
import { connect, eventually, freePort, GUARD } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The fenced blocks of a guide, in order. Code is the file that the text before it ends with; a word behind `sh` says what is
 * special about the commands.
 *
 * @param {string} guide
 */
function blocks(guide) {
  return [...guide.matchAll(/```(\w+) ?(\w*)\n([\s\S]*?)```/g)].map((match) => {
    const named = /`([\w.-]+)`:\s+$/.exec(guide.slice(0, match.index));
    return { language: match[1] ?? '', special: match[2] ?? '', file: named?.[1], text: match[3] ?? '' };
  });
}

test('the ten steps of the guide end in an answer', GUARD, async (t) => {
  const port = String(await freePort());
  const guide = (await readFile(path.join(root, 'docs/http-server.md'), 'utf8')).replaceAll('8080', port);
  assert.equal(guide.match(/^## \d+\. /gm)?.length, 10);

  const profile = await Profile.create();
  t.after(() => profile.remove());
  // A Chromium that has been started before, with its profile where everybody's is.
  profile.userDataDir = path.join(profile.environment.XDG_CONFIG_HOME, 'chromium');
  await mkdir(profile.userDataDir, { recursive: true });
  // What step 1 leaves: the program on the PATH, and the clone that it came from.
  const bin = path.join(profile.folder, 'bin');
  await mkdir(bin);
  await symlink(hostProgram, path.join(bin, 'chrome-sockets-host'));
  await symlink(root, path.join(profile.folder, 'chrome-sockets'));
  const env = { ...profile.environment, PATH: `${bin}:${process.env.PATH}` };

  let folder = profile.folder;
  let output = '';
  const shell = async (/** @type {string} */ commands) => {
    const options = { cwd: folder, env };
    const { stdout } = await promisify(execFile)('bash', ['-euc', `${commands}\nprintf '\\n%s' "$PWD"`], options);
    const end = stdout.lastIndexOf('\n');
    folder = stdout.slice(end + 1);
    return stdout.slice(0, end);
  };
  for (const { language, special, file, text } of blocks(guide)) {
    if (language === 'text') {
      assert.equal(output, text);
    } else if (language !== 'sh') {
      assert.ok(file, `the guide does not say which file this is:\n${text}`);
      await writeFile(path.join(folder, file), text);
    } else if (special === 'grant') {
      // Nobody is here to be asked.
      output = await shell(text.replace(/\n$/, ' --yes\n'));
      assert.match(output, new RegExp(`listen on port ${port} of this computer`));
    } else if (text.startsWith('curl')) {
      const session = await openBrowser({ extension: folder, global: 'chrome', host: null, profile });
      t.after(() => session.close());
      output = await eventually(() => shell(text).catch(() => ''));
    } else if (special !== 'install') {
      output = await shell(text);
    }
  }
  assert.equal(output, 'Hello from an extension\n');

  // Step 6 does what it says.
  for (const [header, status] of [
    ['Host: rebound.invalid', '421'],
    ['Origin: https://elsewhere.invalid', '403'],
  ]) {
    const command = `curl -s -o /dev/null -w '%{http_code}' -H '${header}' http://127.0.0.1:${port}/`;
    assert.equal(await shell(command), status);
  }
});

test('the app of the migration guide echoes after what the guide does to it', GUARD, async (t) => {
  const port = await freePort();
  const guide = (await readFile(path.join(root, 'docs/from-chrome-app.md'), 'utf8')).replaceAll('7007', String(port));
  const [, manifest, , background] = blocks(guide);
  assert.ok(manifest?.language === 'json' && background?.language === 'js');
  assert.match(background.text, /importScripts/);

  const profile = await Profile.create();
  t.after(() => profile.remove());
  const extension = path.join(profile.folder, 'extension');
  await mkdir(extension);
  const { key } = JSON.parse(await readFile(path.join(root, 'tests/browser/extension/manifest.json'), 'utf8'));
  await writeFile(path.join(extension, 'manifest.json'), JSON.stringify({ ...JSON.parse(manifest.text), key }));
  await writeFile(path.join(extension, 'background.js'), background.text);
  await copyFile(path.join(root, 'extension-shim/dist/chrome-sockets.js'), path.join(extension, 'chrome-sockets.js'));

  const session = await openBrowser({ extension, global: 'chrome', profile });
  t.after(() => session.close());
  const socket = await eventually(() => connect(t, port).catch(() => null));
  socket.write('echo');
  assert.equal((await once(socket, 'data'))[0].toString(), 'echo');
});
