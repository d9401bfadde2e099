// Compiled against the generated types, by the package's own name; never run.

import { install, network, sockets, tcp, tcpServer, udp } from 'chrome-sockets';
import type { NetworkNetworkInterface, TcpReceiveInfo, TcpServerSocketInfo } from '../types/api.js';
import 'chrome-sockets/global';

/** Whether two types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(yes: Same<A, B>) => yes;

// Promise form, with and without optional arguments.
same<ReturnType<typeof tcpServer.getSockets>, Promise<TcpServerSocketInfo[]>>(true);
const created: Promise<{ socketId: number }> = tcpServer.create();
const properties: Promise<{ socketId: number }> = tcp.create({ name: 'c', bufferSize: null, persistent: undefined });
const listening: Promise<number> = tcpServer.listen(1, '127.0.0.1', 0);
const backlog: Promise<number> = tcpServer.listen(1, '127.0.0.1', 0, 5, null);
const skipped: Promise<number> = tcpServer.listen(1, '127.0.0.1', 0, null, undefined);
const nothing: Promise<void> = tcp.setPaused(1, false);
const sent: Promise<{ resultCode: number; bytesSent?: number }> = tcp.send(1, new Uint8Array(3));
const buffer = tcp.send(1, new ArrayBuffer(3));
const connected: Promise<number> = tcp.connect(1, 'localhost', 7, tcp.DnsQueryType.IPV4);
const delayed: Promise<number> = tcp.setKeepAlive(1, true, 60);

// Callback form: it returns nothing, and optional arguments may be skipped, undefined or null.
const none: void = tcpServer.create((info) => same<typeof info.socketId, number>(true));
const full: void = tcpServer.create({ name: 'web' }, ({ socketId }) => tcpServer.close(socketId));
const absent: void = tcpServer.create(undefined, () => {});
const short: void = tcpServer.listen(1, '::1', 80, (result) => same<typeof result, number>(true));
const long: void = tcpServer.listen(1, '::1', 80, null, (result) => result + 1);
const dns: void = tcp.connect(1, 'localhost', 7, 'ipv6', (result) => result + 1);
const info: void = tcp.getInfo(1, ({ connected, bufferSize }) => {
  same<typeof connected, boolean>(true);
  same<typeof bufferSize, number | undefined>(true);
});
const done: void = tcp.disconnect(1, () => {});

// Datagrams, half-open connections and interfaces.
const bound: Promise<number> = udp.bind(1, '0.0.0.0', 0);
const datagram: Promise<{ resultCode: number; bytesSent?: number }> = udp.send(1, new Uint8Array(3), '::1', 7, 'any');
const groups: Promise<string[]> = udp.getJoinedGroups(1);
const ttl: void = udp.setMulticastTimeToLive(1, 4, (result) => same<typeof result, number>(true));
udp.onReceive.addListener(({ data, remoteAddress, remotePort }) => void [data.byteLength, remoteAddress, remotePort]);
const halfOpen = tcpServer.create({ allowHalfOpen: true });
const interfaces: Promise<NetworkNetworkInterface[]> = network.getNetworkInterfaces();
const secured: Promise<number> = tcp.secure(1);
const bounds: void = tcp.secure(1, { tlsVersion: { min: 'tls1.3', max: null } }, (result) => result + 1);
const unbounded: void = tcp.secure(1, (result) => same<typeof result, number>(true));
const pair: Promise<{ certificate: string; privateKey: string }> = tcpServer.generateCertificate();
const hosts = tcpServer.generateCertificate({ hosts: ['a.localhost'] as const, days: 30 });
const serving = pair.then((tls) => tcpServer.create({ name: 'https', tls }));
const renewed: void = tcpServer.update(1, { tls: { certificate: '', privateKey: '' } }, () => {});
tcpServer.getInfo(1, ({ tls, failedHandshakes }) => {
  same<typeof tls, boolean | undefined>(true);
  same<typeof failedHandshakes, number | undefined>(true);
});
// @ts-expect-error A certificate needs its key.
tcpServer.create({ tls: { certificate: '' } });
// @ts-expect-error The key is not null.
tcpServer.create({ tls: { certificate: '', privateKey: null } });
// @ts-expect-error Clients are made secure by secure().
tcp.create({ tls: { certificate: '', privateKey: '' } });
// @ts-expect-error Versions stand in tlsVersion.
tcp.secure(1, { min: 'tls1.2' });
const native: Promise<NetworkNetworkInterface[]> = chrome.system.network.getNetworkInterfaces();
// @ts-expect-error UDP has no disconnect.
udp.disconnect(1);

// Events.
const listener = ({ socketId, data }: TcpReceiveInfo) => tcp.send(socketId, data);
tcp.onReceive.addListener(listener);
tcp.onReceive.addListener(async ({ data }) => void data.byteLength);
const has: boolean = tcp.onReceive.hasListener(listener) && tcp.onReceive.hasListeners();
tcpServer.onAccept.addListener(({ socketId, clientSocketId }) => socketId + clientSocketId);
tcpServer.onAcceptError.addListener(({ resultCode }) => same<typeof resultCode, number>(true));

// Installing, and chrome.sockets beside @types/chrome.
same<ReturnType<typeof install>, typeof sockets>(true);
install({ hostName: 'org.example.host', force: true, context: 'page' });
const global: Promise<{ socketId: number }> = chrome.sockets.tcp.create();
const id: string = chrome.runtime.id;

// @ts-expect-error The port is a number.
tcpServer.listen(1, '127.0.0.1', '8080');
// @ts-expect-error The port is required.
tcpServer.listen(1, '127.0.0.1');
// @ts-expect-error A listening socket has no buffer.
tcpServer.create({ bufferSize: 1 });
// @ts-expect-error There is no such query type.
tcp.connect(1, 'localhost', 7, 'ipv5');
// @ts-expect-error A string is not bytes.
tcp.send(1, 'text');
// @ts-expect-error An array is not bytes.
tcp.send(1, [1, 2]);
// @ts-expect-error The callback form returns no promise.
tcp.close(1, () => {}).then(() => {});
// @ts-expect-error The result of listen is a number.
tcpServer.listen(1, '::1', 80, (result: string) => result);
// @ts-expect-error An accepted connection has no data yet.
tcpServer.onAccept.addListener(({ data }) => data);
// @ts-expect-error A listener is a function.
tcp.onReceive.addListener(undefined);
// @ts-expect-error Events are not fired by the app.
tcp.onReceive.fire({ socketId: 1 });
// @ts-expect-error Members of the API are not replaced.
sockets.tcp = tcp;
// @ts-expect-error There is no such context.
install({ context: 'content' });
// @ts-expect-error Constants of the enumeration are not other strings.
tcp.DnsQueryType.ANY = 'all';

export {
  absent,
  backlog,
  bound,
  bounds,
  buffer,
  connected,
  created,
  datagram,
  delayed,
  dns,
  done,
  full,
  global,
  groups,
  halfOpen,
  has,
  hosts,
  id,
  info,
  interfaces,
  listening,
  long,
  native,
  none,
  nothing,
  pair,
  properties,
  renewed,
  secured,
  sent,
  serving,
  short,
  skipped,
  ttl,
  unbounded,
};
