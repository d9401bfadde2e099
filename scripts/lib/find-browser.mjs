import { execFile, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * What people call a browser, and where it is. Chrome first, because most people have it. Firefox is for those who ask for
 * it: the other scripts and tests want a Chromium.
 */
const known = {
  linux: {
    chrome: ['google-chrome-stable', 'google-chrome', '/opt/google/chrome/chrome'],
    chromium: ['chromium', 'chromium-browser'],
    edge: ['microsoft-edge-stable', 'microsoft-edge'],
    brave: ['brave-browser-stable', 'brave-browser'],
    firefox: ['firefox-esr', 'firefox', '/opt/firefox/firefox'],
    'firefox-esr': ['firefox-esr'],
  },
  darwin: {
    chrome: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
    chromium: ['/Applications/Chromium.app/Contents/MacOS/Chromium'],
    edge: ['/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge'],
    brave: ['/Applications/Brave Browser.app/Contents/MacOS/Brave Browser'],
    firefox: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  },
};

const HINT = 'Install Chromium, Chrome, Edge, Brave or Firefox, or name one with --browser <path>.';

/** Debian's packages of browsers, by what people call them. @type {Record<string, string>} */
const packages = { chromium: 'chromium', firefox: 'firefox-esr', 'firefox-esr': 'firefox-esr' };

/**
 * Whether this is a Firefox or made of it. It is another protocol that drives one, and another id that an extension has there.
 *
 * @param {string} name a program's path, or what people call it
 */
export const isFirefox = (name) => /firefox|librewolf/i.test(path.basename(name));

/**
 * Finds the browser that is asked for, or any Chromium; installs Debian's when there is none and that is allowed.
 *
 * @param {string} [wanted] a path, or one of the names above
 * @returns {Promise<string>} the path of the program
 */
export async function findBrowser(wanted) {
  if (wanted?.includes('/')) {
    if (isProgram(wanted)) return path.resolve(wanted);
    throw new Error(`${wanted} is not a program.`);
  }
  const browsers = /** @type {Record<string, string[]>} */ (known[/** @type {'linux'} */ (process.platform)] ?? {});
  if (wanted && !browsers[wanted]) {
    throw new Error(`No browser is called ${wanted}: there is ${Object.keys(browsers).join(', ')}, or a path.`);
  }
  const chromiums = Object.entries(browsers).flatMap(([name, places]) => (isFirefox(name) ? [] : places));
  const names = wanted ? browsers[wanted] : chromiums;
  const found = names.map(locate).find(Boolean);
  if (found) return found;
  const wantedPackage = packages[wanted ?? 'chromium'];
  if (wantedPackage) await installPackage(wantedPackage);
  const installed = names.map(locate).find(Boolean);
  if (!installed) throw new Error(`${wanted ?? 'A browser'} was not found. ${HINT}`);
  return installed;
}

/** @param {string} name a path, or a name to look for on the PATH */
function locate(name) {
  const places = path.isAbsolute(name)
    ? [name]
    : (process.env.PATH ?? '').split(':').map((dir) => path.join(dir, name));
  return places.find((place) => isProgram(place) && !isSnap(place));
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Whether this is a snap, or Ubuntu's script that starts one. A snap sees neither our profile nor the host.
 *
 * @param {string} file
 */
function isSnap(file) {
  if (file.startsWith('/snap/')) return true;
  const start = Buffer.alloc(4096);
  const open = openSync(file, 'r');
  const length = readSync(open, start, 0, start.length, 0);
  closeSync(open);
  const text = start.toString('latin1', 0, length);
  return text.startsWith('#!') && text.includes('/snap/');
}

/**
 * Installs Debian's package as root or by a sudo that asks nothing; does nothing where that cannot be.
 *
 * @param {string} name
 */
async function installPackage(name) {
  if (!existsSync('/usr/bin/apt-get')) return;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0) {
    const allowed = await promisify(execFile)('sudo', ['-n', 'true']).then(
      () => true,
      () => false,
    );
    if (!allowed) throw new Error(`There is no such browser here. Run: sudo apt-get install ${name}`);
  }
  console.error(`There is no such browser here: installing Debian’s ${name}.`);
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  await run([...sudo, ...environment, 'apt-get', 'update', '-qq']);
  await run([...sudo, ...environment, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', name]);
}

/** @param {string[]} command its output goes to our stderr, because stdout is for what the caller was asked for */
function run([program, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 2, 2] });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(undefined);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}.`));
    });
  });
}

// As a program it prints the path of the browser, or says why there is none.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await findBrowser(process.argv[2]));
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
  }
}
