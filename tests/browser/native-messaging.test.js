import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { processesOf } from '../../scripts/lib/processes.mjs';
import { eventually, GUARD, hosts, useBench } from './support.js';

// What we build on: how the browser starts a host, talks to it and ends it. A browser that changes one of these is heard of here.
const bench = useBench();
const NOT_FOUND = 'Specified native messaging host not found.';
const BROKEN = 'Error when communicating with the native messaging host.';
const MiB = 1024 * 1024;

/** Frames for the small hosts of these tests: `say` writes one, `hear` is called with the text of each that comes. */
const FRAMES = `
const say = (text) => {
  const body = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([length, body]));
};
const hear = (use) => {
  let input = Buffer.alloc(0);
  process.stdin.on('data', (part) => {
    input = Buffer.concat([input, part]);
    while (input.length >= 4 && input.length >= 4 + input.readUInt32LE(0)) {
      const end = 4 + input.readUInt32LE(0);
      use(input.subarray(4, end).toString());
      input = input.subarray(end);
    }
  });
};
`;

/** Answers each message with how it looked on the way, and with what it sees around itself. */
const ECHO = `hear((heard) => say(JSON.stringify({
  heard, pid: process.pid, arguments: process.argv.slice(2), folder: process.cwd(),
})));`;

/** @param {string} name */
const manifestOf = (name) => path.join(bench.session.profile.userDataDir, 'NativeMessagingHosts', `${name}.json`);

/**
 * Installs a host of a test: a program in JavaScript.
 *
 * @param {string} name
 * @param {string} program
 * @param {object} [changes] of the manifest
 * @returns {Promise<string>} where the program is
 */
async function addHost(name, program, changes = {}) {
  const file = path.join(bench.session.profile.folder, `${name}.mjs`);
  await writeFile(file, `#!${process.execPath}\n${FRAMES}${program}\n`, { mode: 0o755 });
  const manifest = {
    name,
    description: 'a host of a test',
    type: 'stdio',
    path: file,
    allowed_origins: [`chrome-extension://${bench.session.id}/`],
    ...changes,
  };
  await writeFile(manifestOf(name), JSON.stringify(manifest));
  return file;
}

/**
 * One message to a host of its own, and the answer or the reason why there is none.
 *
 * @param {string} name
 * @param {unknown} [message]
 */
const ask = (name, message = {}) =>
  bench.run(
    (name, message) =>
      new Promise((resolve) => {
        chrome.runtime.sendNativeMessage(name, message, (answer) =>
          resolve({ answer, error: chrome.runtime.lastError?.message }),
        );
      }),
    name,
    message,
  );

test('N-01 N-02 a host without a manifest and one without a program are not found', GUARD, async () => {
  assert.deepEqual(await ask('org.example.nobody'), { error: NOT_FOUND });
  await rm(await addHost('org.example.empty', ''));
  assert.deepEqual(await ask('org.example.empty'), { error: NOT_FOUND });
});

test('N-03 our host answers a single message, as any host does', GUARD, async () => {
  const { answer } = await ask('org.chrome_sockets.host', { id: 7, method: 'sockets.tcp.create' });
  assert.deepEqual(answer, { id: 7, result: { socketId: 1 } });
});

test('N-04 N-05 a message of 1 MiB is taken, and one byte more ends the connection', GUARD, async () => {
  const sized = (/** @type {number} */ size) => `hear(() => say('"' + 'x'.repeat(${size - 2}) + '"'));`;
  await addHost('org.example.full', sized(MiB));
  await addHost('org.example.over', sized(MiB + 1));
  const { answer } = await ask('org.example.full');
  assert.equal(answer, 'x'.repeat(MiB - 2));
  assert.deepEqual(await ask('org.example.over'), { error: BROKEN });
});

test('N-06 N-07 what is no JSON fails a single message, and is skipped on a port', GUARD, async () => {
  await addHost('org.example.nonsense', `hear(() => { say('nonsense'); say('{"next":true}'); });`);
  const single = await ask('org.example.nonsense');
  assert.deepEqual(single, { error: 'The sender sent an invalid JSON message; message ignored.' });
  const heard = await bench.run(
    () =>
      new Promise((resolve) => {
        const port = chrome.runtime.connectNative('org.example.nonsense');
        const messages = [];
        port.onDisconnect.addListener(() => resolve(chrome.runtime.lastError?.message));
        port.onMessage.addListener((message) => {
          messages.push(message);
          if (messages.length === 1) port.postMessage({});
          else resolve(messages);
        });
        port.postMessage({});
      }),
  );
  assert.deepEqual(heard, [{ next: true }, { next: true }]);
});

test('N-10 a host that does not name the extension is forbidden', GUARD, async () => {
  await addHost('org.example.theirs', ECHO, { allowed_origins: [`chrome-extension://${'a'.repeat(32)}/`] });
  const error = 'Access to the specified native messaging host is forbidden.';
  assert.deepEqual(await ask('org.example.theirs'), { error });
});

test('N-11 N-17 a host that ends, and one that prints a byte that belongs to no frame', GUARD, async () => {
  await addHost('org.example.brief', 'hear(() => process.exit(0));');
  // The stray byte shifts the length of what follows, which is over the limit then.
  await addHost('org.example.stray', `hear(() => { process.stdout.write('!'); say('"' + 'x'.repeat(65536) + '"'); });`);
  const ends = await bench.run(
    async (names) => {
      const end = (/** @type {string} */ name) =>
        new Promise((resolve) => {
          const port = chrome.runtime.connectNative(name);
          port.onDisconnect.addListener(() => resolve(chrome.runtime.lastError?.message));
          port.onMessage.addListener(resolve);
          port.postMessage({});
        });
      return Promise.all(names.map(end));
    },
    ['org.example.brief', 'org.example.stray'],
  );
  assert.deepEqual(ends, ['Native host has exited.', BROKEN]);
});

test('N-12 a disconnected host sees the end of stdin, and is killed when that does not end it', GUARD, async () => {
  const stubborn = await addHost(
    'org.example.stubborn',
    `import { writeFileSync } from 'node:fs';
process.on('SIGTERM', () => {});
setInterval(() => {}, 1e6);
process.stdin.on('end', () => writeFileSync(process.argv[1] + '.end', ''));
hear(say);`,
  );
  await bench.run(
    () =>
      new Promise((resolve) => {
        const port = chrome.runtime.connectNative('org.example.stubborn');
        port.onMessage.addListener(() => {
          port.disconnect();
          resolve(undefined);
        });
        port.postMessage({});
      }),
  );
  await eventually(async () => existsSync(`${stubborn}.end`));
  // Nothing in it would ever end it.
  await eventually(async () => (await processesOf(stubborn)).length === 0);
});

test('N-13 N-15 the origin is the first argument, and the folder is that of the program', GUARD, async () => {
  const file = await addHost('org.example.echo', ECHO);
  const { answer } = await ask('org.example.echo');
  assert.equal(answer.arguments[0], `chrome-extension://${bench.session.id}/`);
  assert.equal(await realpath(answer.folder), await realpath(path.dirname(file)));
});

test('N-16 what a host writes to stderr harms nobody', GUARD, async () => {
  await addHost('org.example.loud', `process.stderr.write('noise\\n'.repeat(10000)); ${ECHO}`);
  assert.equal((await ask('org.example.loud', { a: 1 })).answer.heard, '{"a":1}');
});

test('N-18 N-19 each port is a process, and hears what was posted before it was there, in order', GUARD, async () => {
  await addHost('org.example.echo', ECHO);
  const ports = await bench.run(async () => {
    const talk = () =>
      new Promise((resolve) => {
        const port = chrome.runtime.connectNative('org.example.echo');
        const answers = [];
        port.onMessage.addListener((answer) => {
          answers.push(answer);
          if (answers.length < 500) return;
          port.disconnect();
          resolve(answers.map(({ heard, pid }) => [heard, pid]));
        });
        for (let at = 0; at < 500; at++) port.postMessage(at);
      });
    return Promise.all([talk(), talk()]);
  });
  for (const answers of ports) {
    assert.deepEqual(
      answers.map(([heard]) => Number(heard)),
      Array.from({ length: 500 }, (_, at) => at),
    );
  }
  assert.equal(new Set(ports.flat().map(([, pid]) => pid)).size, 2);
});

test('N-20 N-21 N-22 what a message may be, and what becomes of values that JSON does not know', GUARD, async () => {
  await addHost('org.example.echo', ECHO);
  const [large, heard] = await bench.run(
    () =>
      new Promise((resolve) => {
        const port = chrome.runtime.connectNative('org.example.echo');
        let large = 'nothing was thrown';
        try {
          port.postMessage('x'.repeat(64 * 1024 * 1024));
        } catch (error) {
          large = /** @type {Error} */ (error).message;
        }
        const heard = [];
        port.onMessage.addListener((answer) => {
          heard.push(answer.heard);
          if (heard.length < 2) return;
          port.disconnect();
          resolve([large, heard]);
        });
        port.postMessage(undefined);
        port.postMessage({ a: new ArrayBuffer(3) });
      }),
  );
  assert.equal(large, 'Message exceeded maximum allowed size of 64MiB.');
  assert.deepEqual(heard, ['null', '{"a":{}}']);
});

test('N-23 a manifest is looked for below the folder of the profile only', GUARD, async () => {
  await addHost('org.example.elsewhere', ECHO);
  const found = manifestOf('org.example.elsewhere');
  const config = bench.session.profile.environment.XDG_CONFIG_HOME ?? '';
  for (const browser of ['chromium', 'google-chrome']) {
    const folder = path.join(config, browser, 'NativeMessagingHosts');
    await mkdir(folder, { recursive: true });
    await copyFile(found, path.join(folder, path.basename(found)));
  }
  await rm(found);
  assert.deepEqual(await ask('org.example.elsewhere'), { error: NOT_FOUND });
  await copyFile(path.join(config, 'chromium', 'NativeMessagingHosts', path.basename(found)), found);
  assert.ok((await ask('org.example.elsewhere')).answer);
});

test('N-25 a manifest that breaks a rule counts as none', GUARD, async () => {
  for (const changes of [
    { type: 'pipe' },
    { description: '' },
    { path: 'org.example.echo.mjs' },
    { allowed_origins: ['chrome-extension://*/'] },
  ]) {
    await addHost('org.example.rules', ECHO, changes);
    assert.deepEqual(await ask('org.example.rules'), { error: NOT_FOUND }, JSON.stringify(changes));
  }
  await addHost('org.example.rules', ECHO);
  assert.ok((await ask('org.example.rules')).answer);
});

test('N-13 our host is started with the origin', GUARD, async () => {
  await bench.run(() => globalThis.bench.call('tcp', 'create', {}));
  const [{ command }] = await hosts(bench.session);
  assert.equal(command.split(' ').at(1), `chrome-extension://${bench.session.id}/`);
});
