// Asks a real Chromium which manifest keys `sockets` it takes and what each of them grants, and writes the answers to
// src/policy/observed.json, against which `src/policy/observed_tests.rs` compares ours. To be run by hand, for a new Chromium or
// a new question: node scripts/lib/record-permissions.mjs
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { findBrowser } from './find-browser.mjs';
import { Profile } from './profile.mjs';

const output = fileURLToPath(new URL('../../src/policy/observed.json', import.meta.url));

/** Patterns for `tcpServer.listen`, good and bad. */
const patterns = [
  ...[
    '',
    ':',
    '*',
    '*:',
    ':*',
    '*:*',
    '.',
    '*.',
    '* .',
    '..',
    '*..',
    '. .',
    '*.*',
    '**',
    '*:**',
    '* ',
    ' *',
    ' ',
    ': ',
    ' :',
  ],
  ...[
    'localhost',
    'LocalHost',
    'localhost.',
    '.localhost',
    '*.localhost',
    '*.LOCALHOST:8080',
    '* .localhost',
    '*. localhost',
  ],
  ...[
    'a.*.localhost',
    '*.*.localhost',
    '*localhost',
    '**.localhost',
    'a. b .localhost',
    'a..b',
    '*.a..b',
    '.\ta',
    'a.\u000bb',
  ],
  ...[
    '127.0.0.1',
    '127.0.0.1:8080',
    '127.1',
    '0x7f.0.0.1',
    '127.0.0.1.',
    '0.0.0.0',
    '*.0.0.1',
    '*.0.0.1.',
    '*.1',
    '.1',
  ],
  ...['*.0x1', '*.168.0.1', '*.168.0.1.', '*.0.1:1', '::', '::1', '[::1]', '[::1]:80', '*.]', '[', 'a]:8080', '[a]'],
  ...['bücher.localhost', 'BÜCHER.localhost', 'xn--bcher-kva.localhost', '*.é', '*.É', 'a\u00a0', '\u00a0a', '\u3000'],
  ...[
    ':8080',
    '*:8080',
    ':+8080',
    ':08080',
    ':00000000000008080',
    ':+08080',
    ':65535',
    ':1',
    ':0',
    ':00',
    ':+0',
    ':-1',
    ':-0',
  ],
  ...[
    ':+',
    ':++1',
    ':+-1',
    ':65536',
    ':99999999999',
    ':4294967376',
    ':1.0',
    ':0x50',
    ':1e2',
    ':８０',
    ': 80',
    ':80 ',
    ':*1',
  ],
  ...[
    ':1*',
    '*: *',
    'a:8 0',
    'a:80-90',
    'a:http',
    'a:80:90',
    'http://a',
    'a :80',
    'a: 80',
    ' a',
    'a ',
    '\ta',
    'a\n',
    '\u000ba',
  ],
  ...[
    'a\u000c',
    'a\r',
    'example.com',
    '*.example.com:8080',
    '.com',
    'com.',
    'a b',
    '%41',
    'a/b',
    'a@b',
    '-',
    '_',
    '*.c',
    'a.*',
  ],
];

/** Whole keys. */
const keys = [
  ...[null, '', [], 7, 1.5, true, {}, { unknown: 7 }, { tcpserver: { listen: '' } }, { tcp: { listen: 7 } }],
  ...[{ udp: null }, { udp: '' }, { udp: [] }, { tcp: 7 }, { tcpServer: false }, { udp: {} }],
  ...[null, 7, 2147483648, 1.5, false, {}, [7], ['', null], [['']], ['', {}]].map((bind) => ({ udp: { bind } })),
  ...[{ udp: { send: 7 } }, { udp: { multicastMembership: 7 } }, { tcp: { connect: 7 } }, { tcpServer: { listen: 7 } }],
  ...['', ':', '*', '*:*', ' ', '239.1.1.1', [], ['', ''], ['', '*:*']].map((multicastMembership) => ({
    udp: { multicastMembership },
  })),
  // Which of several mistakes is told.
  { udp: { bind: 'X:0' }, tcpServer: { listen: null } },
  { udp: { bind: 'X:0', send: 'Y:0' }, tcp: { connect: 'Z:0' } },
  { tcpServer: { listen: 'Z:0' }, tcp: { connect: 'Y:0' }, udp: { send: 'X:0' } },
  { tcpServer: 7, tcp: 8, udp: 9 },
  { tcpServer: { listen: ['a:80', 'b:0', 'c:0'] } },
  // What several patterns grant.
  ...[[], [''], ['a', 'B'], ['a', 'a'], ['127.0.0.1', '*.c', 'a.b']].map((listen) => ({ tcpServer: { listen } })),
];

/** What is asked of each: these hosts, with each of these ports. */
const hosts = [
  ...[
    '',
    '.',
    '..',
    'a',
    'A',
    'b',
    'c',
    'a.c',
    'a b',
    'a.b',
    'A.B',
    'a..b',
    'x.a..b',
    'a\u00a0',
    '\u00a0a',
    '*',
    'a.*',
    'x.*',
  ],
  ...[
    '[',
    'a]',
    'x.]',
    '[a]',
    '%41',
    'A%41',
    'a/b',
    'a@b',
    '-',
    '_',
    ' a',
    'a ',
    '\ta',
    'com',
    'x.com',
    'x.com.',
    'com.',
    '**',
  ],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    'A.b.LOCALHOST',
    'xlocalhost',
    '*localhost',
    '**.localhost',
  ],
  ...['a.**.localhost', '.localhost', '..localhost', 'a.localhost.', 'a.*.localhost', 'a.b.localhost', '*.localhost'],
  ...[
    'b.*.localhost',
    'a. b .localhost',
    'example.com',
    'EXAMPLE.com',
    'www.example.com',
    'wwwexample.com',
    '.example.com',
  ],
  ...['example.com.evil', 'bücher.localhost', 'BÜCHER.localhost', 'xn--bcher-kva.localhost', 'XN--BCHER-KVA.localhost'],
  ...[
    'x.é',
    'x.É',
    'é',
    '127.0.0.1',
    '127.1',
    '127.0.0.1.',
    '0x7f.0.0.1',
    '0X7F.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '0.0.0.0',
  ],
  ...[
    '192.168.0.1',
    '0xc0.168.0.1',
    '192.168.0.1.',
    '192.0xa8.0.1',
    'www.168.0.1',
    'a.0.0.1',
    '1.2.3.4.0.0.1',
    '999.0.0.1',
  ],
  ...['0x.0.0.1', '09.0.0.1', '127.0.0.0x1', 'a.0x1', '0.1', '1.1', 'a.1', '256.0.1', '1.0.0.1.0.0.1', '４.0.0.1'],
  ...[
    '::1',
    '::',
    '[::1]',
    '[::ffff:192.168.0.1]',
    '[::192.168.0.1]',
    '::ffff:192.168.0.1',
    '::192.168.0.1',
    '[::1.0.0.1',
  ],
];
const ports = [8080, 8081, 0, 1, 65535, 8080 + 65536, 8080 - 65536];

const executablePath = await findBrowser('chromium');
const profile = await Profile.create();
const cases = [...patterns.map((listen) => ({ tcpServer: { listen } })), ...keys].map((sockets, at) => ({
  sockets,
  folder: path.join(profile.folder, `extension-${at}`),
}));

/**
 * The id of an extension without a key, which follows from where it lies.
 *
 * @param {string} folder
 */
function idOf(folder) {
  const digits = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  return [...digits].map((digit) => 'abcdefghijklmnop'[Number.parseInt(digit, 16)]).join('');
}

for (const { folder, sockets } of cases) {
  const background = { service_worker: 'background.js' };
  const manifest = { name: 'Permissions', version: '1', manifest_version: 3, background, sockets };
  await mkdir(folder);
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'background.js'), '');
}
const browser = await puppeteer.launch({
  executablePath,
  userDataDir: profile.userDataDir,
  env: profile.environment,
  pipe: true,
  enableExtensions: true,
  args: [
    ...['--disable-gpu', '--no-first-run', '--disable-background-networking'],
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    `--allowlisted-extension-id=${cases.map(({ folder }) => idOf(folder)).join(',')}`,
  ],
});

/**
 * Which host and port may be listened on. Runs in the extension.
 *
 * @param {string[]} hosts
 * @param {number[]} ports
 * @returns {Promise<boolean[]>}
 */
async function ask(hosts, ports) {
  const { runtime, sockets } = /** @type {any} */ (globalThis).chrome;
  const answers = [];
  for (const host of hosts) {
    for (const port of ports) {
      const { socketId } = await sockets.tcpServer.create();
      const refusal = await new Promise((resolve) => {
        sockets.tcpServer.listen(socketId, host, port, () => resolve(runtime.lastError?.message));
      });
      await sockets.tcpServer.close(socketId);
      answers.push(refusal !== 'Does not have permission');
    }
  }
  return answers;
}

/**
 * What the browser says to a key: the text of its refusal, or the hosts and the ports it grants, by their places in the lists.
 *
 * @param {string} folder
 */
async function answer(folder) {
  let id;
  try {
    id = await browser.installExtension(folder);
  } catch (error) {
    const text = /** @type {Error} */ (error).message;
    return text.slice(text.indexOf('): ') + 3);
  }
  const target = await browser.waitForTarget((each) => each.type() === 'service_worker' && each.url().includes(id));
  const worker = await target.worker();
  const answers = (await worker?.evaluate(ask, hosts, ports)) ?? [];
  await browser.uninstallExtension(id);
  const at = (/** @type {number} */ host, /** @type {number} */ port) => answers[host * ports.length + port];
  const grantedHosts = [...hosts.keys()].filter((host) => ports.some((_, port) => at(host, port)));
  const grantedPorts = [...ports.keys()].filter((port) => hosts.some((_, host) => at(host, port)));
  for (const host of hosts.keys()) {
    for (const port of ports.keys()) {
      if (at(host, port) !== (grantedHosts.includes(host) && grantedPorts.includes(port))) {
        throw new Error(`${folder}: what is granted is no table of hosts and ports`);
      }
    }
  }
  return { hosts: grantedHosts.length === hosts.length ? 'all' : grantedHosts, ports: grantedPorts };
}

const rows = [];
try {
  for (const { folder, sockets } of cases) rows.push(JSON.stringify([sockets, await answer(folder)]));
  const head = { browser: await browser.version(), hosts, ports };
  const members = Object.entries(head).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  await writeFile(output, `{\n${members.join(',\n')},\n"keys": [\n${rows.join(',\n')}\n]}\n`);
} finally {
  await browser.close();
  await profile.remove();
}
console.log(`${rows.length} keys are in ${output}`);
