/** Says what `npm pack --json`, on the standard input, has made; the argument is the folder. */

import { text } from 'node:stream/consumers';

const [{ filename, size, unpackedSize, files }] = JSON.parse(await text(process.stdin));
console.log(`${process.argv[2]}/${filename}: ${size} bytes (${unpackedSize} unpacked, ${files.length} files)`);
