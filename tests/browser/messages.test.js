import assert from 'node:assert/strict';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { hostProgram } from '../../scripts/lib/browser.mjs';
import { GUARD, hosts, inFirefox, openBench, useBench } from './support.js';

// What people read when the host is not there: the browser's own words, which the shim has to understand, and the shim's.
const bench = useBench({ host: null });
const LINUX = { ...GUARD, skip: process.platform !== 'linux' && 'no /proc' };
const NAME = 'org.chrome_sockets.host';
const HOST = `The native messaging host ${NAME}`;

/** Where this browser looks for hosts. */
const folder = () => {
  const { environment, userDataDir } = bench.session.profile;
  return inFirefox
    ? path.join(environment.HOME, '.mozilla/native-messaging-hosts')
    : path.join(userDataDir, 'NativeMessagingHosts');
};

/**
 * Installs a host, as it would be but for the changes.
 *
 * @param {string} program
 * @param {object} [changes] of its manifest
 */
async function install(program, changes) {
  const { id } = bench.session;
  const allowed = inFirefox ? { allowed_extensions: [id] } : { allowed_origins: [`chrome-extension://${id}/`] };
  await mkdir(folder(), { recursive: true });
  const manifest = { name: NAME, description: 'a test', type: 'stdio', path: program, ...allowed, ...changes };
  await writeFile(path.join(folder(), `${NAME}.json`), JSON.stringify(manifest));
}

/**
 * @param {string} name
 * @param {string} text of a program
 * @param {number} [mode]
 */
async function addProgram(name, text, mode = 0o755) {
  const file = path.join(bench.session.profile.folder, name);
  await writeFile(file, text, { mode });
  return file;
}

/** What the browser says of the host, and what a call fails with. */
const ask = () =>
  bench.run(async (name) => {
    const port = chrome.runtime.connectNative(name);
    const said = await new Promise((resolve) => {
      port.onDisconnect.addListener(() => resolve(port.error?.message ?? chrome.runtime.lastError?.message ?? null));
    });
    return { said, error: (await globalThis.bench.call('tcp', 'create', {})).error };
  }, NAME);

/**
 * @param {{said: string | null, error: string}} answer
 * @param {{chromium: string, firefox: string | null}} said
 * @param {string[]} errors one of these; `ID` stands for the extension's
 */
function check(answer, said, ...errors) {
  assert.equal(answer.said, inFirefox ? said.firefox : said.chromium);
  const wanted = errors.map((error) => error.replaceAll('ID', bench.session.id));
  assert.ok(wanted.includes(answer.error), `${answer.error}\nis none of\n${wanted.join('\n')}`);
}

const NOT_FOUND = 'Specified native messaging host not found.';
const NO_SUCH = `No such native application ${NAME}`;
const EITHER =
  'Run: chrome-sockets-host install --extension-id ID (if it was installed, this tells what is wrong: chrome-sockets-host doctor --extension-id ID)';
const MISSING = `${HOST} is not installed${inFirefox ? ' for the extension ID' : ''}. ${EITHER}`;
const SILENT = `${HOST} has exited without a word. Run: chrome-sockets-host doctor --extension-id ID (or start the browser with CHROME_SOCKETS_LOG_FILE=<file> to learn more)`;
const UNREADABLE = `${HOST} cannot be started, or says what the browser cannot read. Run: chrome-sockets-host doctor --extension-id ID`;
// A Chromium that is still writing to a host that has ended says something else.
const ENDED = inFirefox ? [SILENT] : [SILENT, UNREADABLE];
const UNEXPECTED = 'An unexpected error occurred';
const EXITED = { chromium: 'Native host has exited.', firefox: null };

test('a host that is not installed', GUARD, async () => {
  check(await ask(), { chromium: NOT_FOUND, firefox: NO_SUCH }, MISSING);
  const message = await bench.run(() => globalThis.chrome.sockets.tcp.create().catch((error) => error.message));
  assert.equal(message, MISSING.replaceAll('ID', bench.session.id), 'the promise form rejects with the same words');
});

test('a host that is installed for others', GUARD, async () => {
  const others = inFirefox
    ? { allowed_extensions: ['other@chrome-sockets.invalid'] }
    : { allowed_origins: [`chrome-extension://${'a'.repeat(32)}/`] };
  await install(hostProgram, others);
  check(
    await ask(),
    { chromium: 'Access to the specified native messaging host is forbidden.', firefox: NO_SUCH },
    inFirefox
      ? MISSING
      : `${HOST} is installed for others, not for the extension ID. Run: chrome-sockets-host install --extension-id ID`,
  );
});

test('a manifest without its program', GUARD, async () => {
  await install('/nonexistent/chrome-sockets-host');
  check(await ask(), { chromium: NOT_FOUND, firefox: UNEXPECTED }, inFirefox ? UNREADABLE : MISSING);
});

test('a program that may not be executed', GUARD, async () => {
  await install(await addProgram('locked', '#!/bin/sh\n', 0o644));
  check(await ask(), { ...EXITED, firefox: UNEXPECTED }, UNREADABLE, ...ENDED);
});

test('a program that ends at once', GUARD, async () => {
  await install(await addProgram('brief', '#!/bin/sh\nexit 3\n'));
  check(await ask(), EXITED, ...ENDED);
});

test('a program that says what is no frame', GUARD, async () => {
  await install(await addProgram('loud', '#!/bin/sh\necho Hello, world; cat >/dev/null\n'));
  check(
    await ask(),
    {
      chromium: 'Error when communicating with the native messaging host.',
      firefox:
        'Native application tried to send a message of 1819043144 bytes, which exceeds the limit of 1048576 bytes.',
    },
    UNREADABLE,
  );
});

/**
 * Ends our own host while it serves, and a call waits for it.
 *
 * @param {object} how
 * @param {(pid: number) => Promise<void>} [how.before] is done before the call
 * @param {NodeJS.Signals} how.signal what it is sent then
 * @returns {Promise<{error: string, heard: object, said: string[]}>} what the call fails with, what the server's app hears,
 *   and what stands on the console
 */
async function endOurs({ before, signal }) {
  // Its name in the folder of the session tells it from others.
  const program = path.join(bench.session.profile.folder, 'chrome-sockets-host');
  await copyFile(hostProgram, program);
  await install(program);
  await bench.run(async () => {
    await globalThis.bench.listen();
    globalThis.said = [];
    const print = console.error;
    console.error = (...args) => {
      globalThis.said.push(args.join(' '));
      print(...args);
    };
  });
  const [{ pid }] = await hosts(bench.session);
  process.kill(pid, 'SIGSTOP');
  await before?.(pid);
  await bench.run(() => {
    globalThis.failed = globalThis.bench.call('tcp', 'create', {});
  });
  process.kill(pid, signal);
  return bench.run(async () => {
    const { until, log } = globalThis.bench;
    const { error } = await globalThis.failed;
    const { event, resultCode } = await until(() => log.at(-1)?.event === 'acceptError' && log.at(-1));
    return { error, heard: { event, resultCode }, said: globalThis.said };
  });
}

test('our host is killed', GUARD, async () => {
  const { error, heard } = await endOurs({ signal: 'SIGKILL' });
  assert.ok(
    ENDED.some((text) => error === text.replaceAll('ID', bench.session.id)),
    error,
  );
  assert.deepEqual(heard, { event: 'acceptError', resultCode: -2 });
});

test('our host cannot go on, and says why', LINUX, async () => {
  // Its end of the pipe can be opened once more, and what no browser sends be written there.
  const { error, heard, said } = await endOurs({
    before: (pid) => writeFile(`/proc/${pid}/fd/0`, Buffer.alloc(64, 0xff)),
    signal: 'SIGCONT',
  });
  const why = "cannot read the browser's messages: a frame of 4294967295 bytes, which is over the limit of 67108864";
  assert.equal(error, `${HOST} has exited: ${why}`);
  assert.deepEqual(heard, { event: 'acceptError', resultCode: -2 });
  assert.ok(inFirefox || said.includes(`chrome-sockets: the host reports: ${why}`), said.join('\n'));
});

test('an extension without the permission', GUARD, async (t) => {
  const without = await openBench(t, { host: null, manifest: { permissions: [] } });
  const { error } = await without.run(() => globalThis.bench.call('tcp', 'create', {}));
  assert.match(
    error,
    /^chrome\.runtime\.connectNative is not available: the manifest must ask for the permission "nativeMessaging"/,
  );
});
