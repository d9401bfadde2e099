// Makes dist/, the folder to load into the browser: the manifest and the background worker in one file.
import { cp, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'));
await cp(here('manifest.json'), here('dist/manifest.json'));
await build({
  entryPoints: [here('src/background.js')],
  outfile: here('dist/background.js'),
  bundle: true,
  format: 'esm',
  target: 'chrome116',
  legalComments: 'inline',
  // undici's llhttp file wants one function of Node's Buffer, which a worker does not have.
  alias: { 'node:buffer': here('src/http/buffer.js') },
  logLevel: 'warning',
});
