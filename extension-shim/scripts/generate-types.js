/** Writes `types/api.d.ts` and `types/global.d.ts` from the table of signatures and the documentation beside it. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { namespaces, signature } from '../src/api/signatures.js';
import { docs } from './api-docs.js';

const unused = new Map(
  Object.entries(docs).flatMap(([space, entries]) =>
    Object.entries(entries).map(([name, doc]) => [`${space}.${name}`, doc]),
  ),
);

/** @returns {import('./api-docs.js').Doc} */
function docOf(/** @type {string} */ key) {
  const [space = '', name = ''] = key.split('.');
  const doc = docs[space]?.[name];
  if (!doc) throw new Error(`scripts/api-docs.js says nothing about ${key}`);
  unused.delete(key);
  return doc;
}

const capital = (/** @type {string} */ text) => text[0]?.toUpperCase() + text.slice(1);

function comment(/** @type {string[]} */ lines, indent = '') {
  return ['/**', ...lines.map((line) => (line ? ` * ${line}` : ' *')), ' */'].map((line) => indent + line).join('\n');
}

/** A type of the table in TypeScript's words. */
function typeScript(/** @type {string} */ type, /** @type {string} */ space, /** @type {boolean} */ input) {
  if (type === 'string[]') return input ? `readonly ${type}` : type;
  if (type.endsWith('[]')) return `${capital(space)}${type}`;
  switch (type) {
    case 'integer':
      return 'number';
    case 'binary':
      return input ? 'ArrayBuffer | ArrayBufferView' : 'ArrayBuffer';
    case 'string':
    case 'boolean':
      return type;
    default:
      return `${capital(space)}${type.split('.').at(-1)}`;
  }
}

/** Whether callers write such a dictionary: as a parameter, or inside of one. */
function isInput(/** @type {string} */ space, /** @type {string} */ name) {
  const { types, methods } = namespaces[space];
  const isMember = (/** @type {any} */ type) => Object.values(type).some((declared) => declared.endsWith(`.${name}`));
  return (
    Object.values(methods).some(({ parameters }) => parameters.includes(`.${name} `)) ||
    Object.entries(types).some(([other, type]) => isMember(type) && isInput(space, other))
  );
}

function dictionary(
  /** @type {string} */ space,
  /** @type {string} */ name,
  /** @type {Record<string, string>} */ members,
) {
  const { text, members: memberDocs = {}, source } = docOf(`${space}.${name}`);
  // Callers may write null for an absent property; the host never does.
  const input = isInput(space, name);
  const lines = Object.entries(members).map(([member, declared]) => {
    if (!memberDocs[member]) throw new Error(`scripts/api-docs.js says nothing about ${space}.${name}.${member}`);
    const optional = declared.startsWith('optional ');
    const type = typeScript(declared.replace('optional ', ''), space, input);
    return `${comment([memberDocs[member]], '  ')}\n  ${member}${optional ? '?' : ''}: ${type}${input && optional ? ' | null | undefined' : ''};`;
  });
  return `${comment([text, '', `Source: ${source}.`])}\nexport interface ${capital(space)}${name} {\n${lines.join('\n')}\n}`;
}

function method(/** @type {string} */ space, /** @type {string} */ name) {
  const { parameters: text, result } = namespaces[space].methods[name];
  const doc = docOf(`${space}.${name}`);
  const parameters = signature(space, name, text).parameters.slice(0, -1);
  const [resultType, resultName] = (result ?? '').split(' ');
  const value = resultType ? typeScript(resultType, space, false) : 'void';
  const callback = `callback: (${resultName ? `${resultName}: ${value}` : ''}) => void`;

  const about = [doc.text, ''];
  const describe = (/** @type {typeof parameters} */ list) =>
    list.map((parameter) => {
      const said = doc.members?.[parameter.name];
      if (!said) throw new Error(`scripts/api-docs.js says nothing about ${space}.${name}(${parameter.name})`);
      return `@param ${parameter.name} ${said}`;
    });
  const errors = (doc.errors ?? []).map((error) => `- ${error}`);
  const failing = errors.length > 0 ? ['Errors:', ...errors, ''] : [];
  const source = [`Source: ${doc.source}.`, ''];
  const called = `@param callback ${doc.result ?? 'Called when it is done.'}${errors.length > 0 ? ' `chrome.runtime.lastError` is set on failure.' : ''}`;

  const declare = (/** @type {typeof parameters} */ list, optionals = false) =>
    list.map(({ name, type, optional }) => {
      const declared = typeScript(type, space, true);
      if (!optional) return `${name}: ${declared}`;
      return optionals ? `${name}?: ${declared} | null` : `${name}: ${declared} | null | undefined`;
    });
  const withCallback = (/** @type {typeof parameters} */ list) =>
    `${comment([...about, ...failing, ...source, ...describe(list), called], '  ')}\n  ${name}(${[...declare(list), callback].join(', ')}): void;`;

  const required = parameters.filter(({ optional }) => !optional);
  const forms = [withCallback(parameters)];
  if (required.length < parameters.length) forms.push(withCallback(required));
  const returns = `@returns ${doc.result ?? 'Resolves when it is done.'}${errors.length > 0 ? ' Rejects with an `Error` whose `message` is the text and whose `resultCode` is the code, where there is one.' : ''}`;
  forms.push(
    `${comment([...about, ...failing, ...source, ...describe(parameters), returns], '  ')}\n  ${name}(${[...declare(parameters, true), 'callback?: null'].join(', ')}): Promise<${value}>;`,
  );
  return forms.join('\n');
}

function namespace(/** @type {string} */ space) {
  const { types, methods, events } = namespaces[space];
  const out = [];
  const members = Object.keys(methods).map((name) => method(space, name));
  for (const [name, members_] of Object.entries(types)) {
    if (!Array.isArray(members_)) {
      out.push(dictionary(space, name, members_));
      continue;
    }
    const { text, source } = docOf(`${space}.${name}`);
    const about = [text, '', `Source: ${source}.`];
    out.push(
      `${comment(about)}\nexport type ${capital(space)}${name} = ${members_.map((one) => `'${one}'`).join(' | ')};`,
    );
    const values = members_.map((one) => `readonly ${one.toUpperCase()}: '${one}'`).join('; ');
    members.push(`${comment(about, '  ')}\n  readonly ${name}: { ${values} };`);
  }
  for (const [name, type] of Object.entries(events)) {
    const { text, source } = docOf(`${space}.${name}`);
    members.push(
      `${comment([text, '', `Source: ${source}.`], '  ')}\n  readonly ${name}: SocketEvent<${capital(space)}${type}>;`,
    );
  }
  const { text, source } = docOf(`${space}.`);
  out.push(
    `${comment([text, '', `Source: ${source}.`])}\nexport interface ${capital(space)} {\n${members.join('\n')}\n}`,
  );
  return out.join('\n\n');
}

const api = `// Generated from src/api/signatures.js and scripts/api-docs.js. Do not edit.

/** An event, as all of Chrome's. */
export interface SocketEvent<Info> {
  /** Adds a listener. The same function is added once only. One that throws stops no other. */
  addListener(listener: (info: Info) => void): void;
  /** Removes a listener. An event that is being dispatched goes on with the listeners that it began with. */
  removeListener(listener: (info: Info) => void): void;
  /** Whether this function is a listener. */
  hasListener(listener: (info: Info) => void): boolean;
  /** Whether there is any listener. */
  hasListeners(): boolean;
}

${Object.keys(namespaces).map(namespace).join('\n\n')}

/** \`chrome.sockets\`. */
export interface Sockets {
${Object.keys(namespaces)
  .filter((space) => !namespaces[space].path)
  .map((space) => `  readonly ${space}: ${capital(space)};`)
  .join('\n')}
}
`;

if (unused.size > 0) throw new Error(`scripts/api-docs.js has more than the table: ${[...unused.keys()].join(', ')}`);

// Types of sources that are gone would be packed, too.
rmSync('types', { recursive: true, force: true });
mkdirSync('types');
writeFileSync('types/api.d.ts', api);
writeFileSync(
  'types/global.d.ts',
  `// Generated. \`import 'chrome-sockets/global'\` gives \`chrome.sockets\` its type, beside \`@types/chrome\`.

declare global {
  namespace chrome {
    const sockets: import('./api.js').Sockets;
    namespace system {
      const network: import('./api.js').Network;
    }
  }
}

export {};
`,
);
