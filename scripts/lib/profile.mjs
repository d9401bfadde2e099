import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { endProcessesOf } from './processes.mjs';

/**
 * A temporary folder that holds all that a browser and the host would put into a person's home: the profile, the host's
 * program, its configuration, caches. Nothing outside is written, and removing the folder removes everything.
 */
export class Profile {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.userDataDir = path.join(folder, 'profile');
    const home = path.join(folder, 'home');
    // The display's key stands in the real home.
    const displayKey = process.env.XAUTHORITY ?? path.join(os.homedir(), '.Xauthority');
    // A browser that is killed leaves the folder of its lock there, in which it has a socket: the path must not be long.
    const temporary = path.join(folder, 'tmp');
    /**
     * The environment for the browser, and for the host's installer.
     * @type {NodeJS.ProcessEnv & {HOME: string}}
     */
    this.environment = {
      ...process.env,
      // This home is nobody's, so it may be root's by sudo.
      SUDO_UID: undefined,
      HOME: home,
      XDG_CONFIG_HOME: path.join(home, '.config'),
      XDG_CACHE_HOME: path.join(home, '.cache'),
      XDG_DATA_HOME: path.join(home, '.local/share'),
      CHROME_SOCKETS_CONFIG: path.join(folder, 'config'),
      ...(existsSync(displayKey) && { XAUTHORITY: displayKey }),
      ...(temporary.length < 60 && { TMPDIR: temporary }),
    };
  }

  static async create() {
    const folder = await mkdtemp(path.join(await realpath(os.tmpdir()), 'chrome-sockets-'));
    const profile = new Profile(folder);
    await mkdir(profile.userDataDir);
    await mkdir(path.join(folder, 'tmp'));
    await mkdir(profile.environment.HOME);
    return profile;
  }

  /**
   * Installs the host for one extension, as a user would, but into this folder.
   *
   * @param {string} host the program
   * @param {string} extensionId
   * @param {{listen: string[], connect: string[], udp?: string[], multicast?: boolean}} allowed
   */
  async installHost(host, extensionId, { listen, connect, udp = [], multicast = false }) {
    // A Firefox looks for hosts below the home, whatever its profile is. Add-on ids are known by their @ or braces.
    const place = /[@{]/.test(extensionId) ? ['--browser', 'firefox'] : ['--user-data-dir', this.userDataDir];
    const args = ['install', '--extension-id', extensionId, ...place];
    for (const pattern of listen) args.push('--allow-listen', pattern);
    for (const pattern of connect) args.push('--allow-connect', pattern);
    for (const pattern of udp) args.push('--allow-udp-bind', pattern, '--allow-udp-send', pattern);
    if (multicast) args.push('--allow-multicast');
    await promisify(execFile)(host, args, { env: this.environment });
  }

  /**
   * Makes the browser and the host trust one more authority: Chromium on Linux looks into the NSS database of the home, our host
   * takes the file instead of the system's.
   *
   * @param {string} authority a certificate in PEM, a file
   */
  async trust(authority) {
    const database = path.join(this.environment.HOME, '.pki/nssdb');
    await mkdir(database, { recursive: true });
    const certutil = (/** @type {string[]} */ ...args) =>
      promisify(execFile)('certutil', ['-d', `sql:${database}`, ...args], { env: this.environment });
    await certutil('-N', '--empty-password');
    await certutil('-A', '-n', 'tests', '-t', 'C,,', '-i', authority);
    this.environment.SSL_CERT_FILE = authority;
  }

  /** Ends what still runs in this folder and removes it. */
  async remove() {
    // The host ends within a second of the browser.
    await endProcessesOf(this.folder, 3_000);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * The id that browsers derive from the key in an extension's manifest.
 *
 * @param {string} key
 */
export function extensionId(key) {
  return idOf(Buffer.from(key, 'base64'));
}

/**
 * The id that browsers give to an unpacked extension without a key.
 *
 * @param {string} folder without links in it
 */
export function idOfFolder(folder) {
  return idOf(folder);
}

/** @param {string | Buffer} origin */
function idOf(origin) {
  const digest = createHash('sha256').update(origin).digest('hex').slice(0, 32);
  return [...digest].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join('');
}
