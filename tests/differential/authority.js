/** An authority of the run's own, and the certificates that its servers show. They are made by the `openssl` program. */

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const DAY_MS = 24 * 60 * 60 * 1000;
const here = 'DNS:localhost,DNS:*.localhost,IP:127.0.0.1,IP:::1';

/** Names of certificates: whom they are for, when, and by whom they are signed. */
const CERTIFICATES = {
  localhost: { names: here },
  'localhost by name only': { names: 'DNS:localhost' },
  elsewhere: { names: 'DNS:elsewhere.invalid,IP:127.0.0.2' },
  expired: { names: here, from: -20, to: -10 },
  'not yet': { names: here, from: 5, to: 20 },
  'expired elsewhere': { names: 'DNS:elsewhere.invalid', from: -20, to: -10 },
  'not yet elsewhere': { names: 'DNS:elsewhere.invalid', from: 5, to: 20 },
  unknown: { names: here, by: 'other' },
  'expired unknown': { names: here, from: -20, to: -10, by: 'other' },
  'not yet unknown': { names: here, from: 5, to: 20, by: 'other' },
  'unknown elsewhere': { names: 'DNS:elsewhere.invalid', by: 'other' },
  'without names': { names: '' },
};

/** @typedef {keyof typeof CERTIFICATES} Name */

/** What `openssl ca` wants to be told; paths are relative to the folder. */
const CONFIGURATION = `
[ca]
default_ca = it
[it]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
`;

/** @param {number} days from now */
const date = (days) => `${new Date(Date.now() + days * DAY_MS).toISOString().replace(/[-:T]|\..*/g, '')}Z`;

export class Authority {
  /** @type {Map<string, Promise<{key: string, cert: string}>>} */
  #pairs = new Map();
  #folder;

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
    /** The file of its own certificate. */
    this.certificate = path.join(folder, 'trusted.pem');
  }

  /** @param {string} folder which is made */
  static async make(folder) {
    await mkdir(folder);
    const authority = new Authority(folder);
    await writeFile(path.join(folder, 'configuration'), CONFIGURATION);
    await writeFile(path.join(folder, 'index'), '');
    await Promise.all(['trusted', 'other'].map((name) => authority.#makeAuthority(name)));
    return authority;
  }

  /**
   * @param {string} name one of the above
   * @returns {Promise<{key: string, cert: string}>} both in PEM
   */
  async pair(name) {
    const pair = this.#pairs.get(name) ?? this.#makeServer(/** @type {Name} */ (name));
    this.#pairs.set(name, pair);
    return pair;
  }

  /** @param {string[]} args */
  #openssl(...args) {
    return promisify(execFile)('openssl', args, { cwd: this.#folder });
  }

  /** @param {string} name */
  #makeAuthority(name) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
    const subject = ['-subj', `/CN=chrome-sockets tests, ${name}`, '-config', 'configuration', '-days', '30'];
    const use = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
    const identifier = ['-addext', 'subjectKeyIdentifier=hash'];
    return this.#openssl('req', '-x509', ...key, ...subject, ...use, ...identifier, '-out', `${name}.pem`);
  }

  /** @param {Name} name */
  async #makeServer(name) {
    const {
      names,
      from = -1,
      to = 30,
      by = 'trusted',
    } = { from: undefined, to: undefined, by: undefined, ...CERTIFICATES[name] };
    const files = { key: `${name}.key`, request: `${name}.csr`, extensions: `${name}.ext`, cert: `${name}.pem` };
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', files.key];
    await this.#openssl('req', ...key, '-config', 'configuration', '-subj', `/CN=${name}`, '-out', files.request);
    const alternatives = names ? `subjectAltName=${names}\n` : '';
    const extensions = `${alternatives}keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n`;
    await writeFile(path.join(this.#folder, files.extensions), extensions);
    const issuer = ['-cert', `${by}.pem`, '-keyfile', `${by}.key`, '-startdate', date(from), '-enddate', date(to)];
    const input = ['-batch', '-notext', '-in', files.request, '-extfile', files.extensions, '-out', files.cert];
    // Each has an index of its own: they are made at the same time.
    const index = `index-${name.replaceAll(' ', '-')}`;
    await writeFile(path.join(this.#folder, index), '');
    const configuration = `${index}.cnf`;
    await writeFile(path.join(this.#folder, configuration), CONFIGURATION.replace('= index', `= ${index}`));
    await this.#openssl('ca', '-config', configuration, ...issuer, ...input);
    const read = (/** @type {string} */ file) => readFile(path.join(this.#folder, file), 'utf8');
    return { key: await read(files.key), cert: await read(files.cert) };
  }
}
