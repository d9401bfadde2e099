/** Hosts as `connect` and `send` read them: as the host of a URL, so that one host has many spellings. All of them are this computer. */

import { bound, send } from '../datagrams.js';
import { scenario } from './scenario.js';

const SPELLINGS = {
  'bytes as in a URL': [
    '%31%32%37.0.0.1',
    '127.0.0.1%2e',
    '127%2E1',
    '%30x7f.1',
    'loc%61lhost',
    '%4C%4fCALHOST',
    'localhost%2E',
    '%61.localhost',
    'a%2eb.localhost',
    '%C3%BC.localhost',
    '%ef%bd%8cocalhost',
    '%2531.localhost',
    'local%host',
    'localhost%',
    'localhost%zz',
    'localhost%00',
    'a%20b.localhost',
    '%3a%3a1',
    '::%31',
    '%5B::1%5D',
    '%FF.localhost',
    'localhost%3a80',
    'localhost%2f',
    '%2e',
  ],
  'letters of Unicode': [
    'ｌｏｃａｌｈｏｓｔ',
    'ＬＯＣＡＬＨＯＳＴ',
    '１２７.0.0.1',
    '１２７．０．０．１',
    '127。0。0。1',
    'localhost。',
    '①②⑦.0.0.1',
    'lo\u00adcalhost',
    '127\u00ad.0.0.1',
    '\u200dlocalhost',
    'ü.localhost',
    'Ü.LocalHost',
    'u\u0308.localhost',
    'xn--tda.localhost',
    'XN--TDA.localhost',
    'xn--a.localhost',
    'xn--.localhost',
    'faß.localhost',
    'ſ.localhost',
    'loca\u212Ahost',
    '漢字.localhost',
    '\u{1f600}.localhost',
    'א.localhost',
    'אa.localhost',
    '\u0301a.localhost',
    '\u0378.localhost',
    '．localhost',
    '\u2488localhost',
    '\ud800.localhost',
    '\ufeff',
    '\u00a0.localhost',
    '\u2044.localhost',
    '：：１',
    '［::1］',
  ],
  'signs of ASCII': [
    'a_b.localhost',
    '-a.localhost',
    'a-.localhost',
    'a--b.localhost',
    'ab--c.localhost',
    'a*b.localhost',
    '*.localhost',
    "a'b.localhost",
    'a"b.localhost',
    'a!b.localhost',
    'a$b.localhost',
    'a&b.localhost',
    'a(b).localhost',
    'a,b.localhost',
    'a;b.localhost',
    'a=b.localhost',
    'a+b.localhost',
    'a~b.localhost',
    'a{b.localhost',
    'a^b.localhost',
    'a`b.localhost',
    'a|b.localhost',
    'a<b.localhost',
    'a\\b.localhost',
    'a#b.localhost',
    'a?b.localhost',
    'a@localhost',
    'a:b@localhost',
    'a\tb.localhost',
    'local\nhost',
    'local\thost',
    ' localhost',
    'localhost ',
    'localhost..',
    '.localhost',
    'a..localhost',
    '127.0.0.1..',
    'a.127.0.0.1',
    'localhost.1',
    '0x.localhost',
    'localhost.0x1',
    '127.0.0.1.localhost',
  ],
};

/** @type {import('./scenario.js').Scenario[]} */
const reading = Object.entries(SPELLINGS).flatMap(([what, hosts]) => [
  scenario(`hosts of connect: ${what}`, async (t) => {
    const server = await t.peers.listen('::');
    t.namePort(server.port, 'the port of the peer');
    for (const host of hosts) {
      const { socketId } = await t.call('tcp', 'create', {});
      await t.call('tcp', 'connect', socketId, host, server.port);
      await t.call('tcp', 'getInfo', socketId);
    }
  }),
  scenario(`hosts of udp.send: ${what}`, async (t) => {
    const { socketId, port } = await bound(t, { address: '::', paused: true });
    for (const host of hosts) await send(t, socketId, 'x', port, host);
  }),
]);

/** @type {import('./scenario.js').Scenario[]} */
export default [
  ...reading,
  scenario('hosts of listen and bind are literals only', async (t) => {
    const { socketId: server } = await t.call('tcpServer', 'create', {});
    const { socketId } = await t.call('udp', 'create', {});
    for (const host of ['%31%32%37.0.0.1', '１２７.0.0.1', '127。0.0.1', '127\u00ad.0.0.1', 'loc%61lhost', '::%31']) {
      await t.call('tcpServer', 'listen', server, host, 0);
      await t.call('udp', 'bind', socketId, host, 0);
    }
  }),
  scenario(
    'hosts are granted as text, whatever they are read as',
    async (t) => {
      const server = await t.peers.listen();
      t.namePort(server.port, 'the port of the peer');
      const { socketId } = await t.call('tcp', 'create', {});
      const udp = await bound(t, { paused: true });
      for (const host of [
        '%31%32%37.0.0.1',
        '１２７.0.0.1',
        '127.0.0.%31',
        '127\u00ad.0.0.1',
        '127.1',
        'loc%61lhost',
        'ｌocalhost',
        'lo\u00adcalhost',
        'localhost。',
        'LOCALHOST',
      ]) {
        await t.call('tcp', 'connect', socketId, host, server.port, 'ipv4');
        await send(t, udp.socketId, 'x', udp.port, host, 'ipv4');
      }
    },
    { kind: 'narrow' },
  ),
];
