/** Builds the one-file forms: a classic script that installs itself, and an ES module. */

import { build } from 'esbuild';

const common = { bundle: true, target: ['chrome110', 'firefox115'], legalComments: 'none', logLevel: 'info' };

await build({ ...common, entryPoints: ['src/classic.js'], format: 'iife', outfile: 'dist/chrome-sockets.js' });
await build({ ...common, entryPoints: ['src/index.js'], format: 'esm', outfile: 'dist/chrome-sockets.mjs' });
