// The second half of scripts/demo, which has built everything: runs the example in a browser of its own.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openBrowser } from './browser.mjs';
import { requestEachKind } from './requests.mjs';

const values = readOptions();
const port = Number(values.port);

const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
const headless = values.headless || (!values.headful && (!hasDisplay || values.once));

const opening = openBrowser({
  extension: fileURLToPath(new URL('../../examples/tabs-api/dist', import.meta.url)),
  global: 'tabsApi',
  browser: values.browser,
  headless,
  listen: ['127.0.0.1:*'],
});

let ending = false;

/**
 * Takes everything away again, whatever state it is in, and ends.
 *
 * @param {number} code
 * @returns {Promise<never>}
 */
async function end(code) {
  // A second Ctrl-C, or the browser's end that we cause, changes nothing.
  if (ending) return new Promise(() => {});
  ending = true;
  const session = await opening.catch(() => null);
  await session?.close();
  process.exit(code);
}

for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.on(signal, () => end(code));
}

// `scripts/demo | head` closes our output; that, too, must leave nothing behind.
process.stdout.on('error', () => end(1));

try {
  const session = await opening;
  const api = await listen(session, port, values.https);
  console.log(`The Tabs API runs in ${await session.browser.version()}${headless ? ', without a window' : ''}.`);
  console.log(`  URL    ${api.url}\n  Token  ${api.token}`);
  if (values.once) await end((await requestEachKind(api)) === 0 ? 0 : 1);
  let curl = 'curl';
  if (api.certificate) {
    const file = path.join(session.profile.folder, 'certificate.pem');
    await writeFile(file, api.certificate);
    curl = `curl --cacert ${file}`;
  }
  console.log(`\n  ${curl} ${api.url}tabs`);
  console.log(`  ${curl} -X POST -H 'Authorization: Bearer ${api.token}' '${api.url}tabs?url=https://example.com/'`);
  console.log('\nCtrl-C ends it.');
  session.browser.on('disconnected', () => {
    if (!ending) console.log('The browser has ended.');
    end(session.browser.process()?.exitCode === 0 ? 0 : 1);
  });
} catch (error) {
  if (!ending) console.error(`The demo cannot run: ${error instanceof Error ? error.message : error}`);
  await end(1);
}

function readOptions() {
  try {
    const { values: given } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        headless: { type: 'boolean', default: false },
        headful: { type: 'boolean', default: false },
        browser: { type: 'string' },
        port: { type: 'string', default: '0' },
        https: { type: 'boolean', default: false },
      },
    });
    if (!/^\d+$/.test(given.port) || Number(given.port) > 65535) throw new Error(`${given.port} is not a port.`);
    return given;
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\nscripts/demo --help tells what there is.`);
    return process.exit(2);
  }
}

/**
 * @param {import('./browser.mjs').Session} session
 * @param {number} wanted
 * @param {boolean} https
 * @returns {Promise<{url: string, token: string, certificate?: string}>}
 */
async function listen(session, wanted, https) {
  const { worker } = session;
  const api = await worker.evaluate(
    async (number, https) => {
      const { tabsApi } = /** @type {any} */ (globalThis);
      const api = await tabsApi.ready;
      return number === 0 && !https ? api : tabsApi.listen(number, { https });
    },
    wanted,
    https,
  );
  // In Firefox it is a page in a tab, which is of no use to anybody else.
  if ('goto' in worker) await worker.close();
  // By the name that people type.
  return https ? { ...api, url: api.url.replace('127.0.0.1', 'localhost') } : api;
}
