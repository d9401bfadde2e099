/**
 * The API as data. Methods, Chrome's type-error texts and the generated `.d.ts` all follow from this table,
 * so no method is written twice.
 *
 * A method's `parameters` are the very text that Chrome prints in a type error. Where Chrome itself offers a promise it
 * prints `optional function callback`; the methods that Chrome keeps callback-only print `function callback`.
 * Here every method returns a promise when its callback is left out, whatever the text says.
 *
 * @typedef {object} Method
 * @property {string} parameters Parameter list as Chrome prints it.
 * @property {string} [result] `type name` of what the callback gets; absent when there is nothing to give.
 *
 * @typedef {Readonly<Record<string, string>>} Dictionary Members as `type` or `optional type`; a type may be another dictionary's
 *   qualified name, or a list such as `string[]`.
 *
 * @typedef {object} Namespace
 * @property {string} [path] Where it is below `chrome`, and on the wire; `sockets.` and its name when absent.
 * @property {Readonly<Record<string, Dictionary | readonly string[]>>} types Dictionaries, and enumerations as lists.
 * @property {Readonly<Record<string, Method>>} methods
 * @property {Readonly<Record<string, string>>} events Type of the one argument of each event.
 */

const callback = 'optional function callback';

/** What tcp and udp have alike. */
const sending = {
  DnsQueryType: ['any', 'ipv4', 'ipv6'],
  CreateInfo: { socketId: 'integer' },
  SendInfo: { resultCode: 'integer', bytesSent: 'optional integer' },
  ReceiveErrorInfo: { socketId: 'integer', resultCode: 'integer' },
};

/** @type {Readonly<Record<'tcpServer' | 'tcp' | 'udp' | 'network', Namespace>>} */
export const namespaces = {
  tcpServer: {
    types: {
      SocketProperties: {
        persistent: 'optional boolean',
        name: 'optional string',
        allowHalfOpen: 'optional boolean',
        tls: 'optional sockets.tcpServer.TlsPair',
      },
      TlsPair: { certificate: 'string', privateKey: 'string' },
      CertificateOptions: { hosts: 'optional string[]', days: 'optional integer' },
      CreateInfo: { socketId: 'integer' },
      SocketInfo: {
        socketId: 'integer',
        persistent: 'boolean',
        name: 'optional string',
        paused: 'boolean',
        localAddress: 'optional string',
        localPort: 'optional integer',
        allowHalfOpen: 'optional boolean',
        tls: 'optional boolean',
        failedHandshakes: 'optional integer',
      },
      AcceptInfo: { socketId: 'integer', clientSocketId: 'integer' },
      AcceptErrorInfo: { socketId: 'integer', resultCode: 'integer' },
    },
    methods: {
      create: {
        parameters: `optional sockets.tcpServer.SocketProperties properties, ${callback}`,
        result: 'CreateInfo createInfo',
      },
      update: { parameters: `integer socketId, sockets.tcpServer.SocketProperties properties, ${callback}` },
      setPaused: { parameters: `integer socketId, boolean paused, ${callback}` },
      listen: {
        parameters: 'integer socketId, string address, integer port, optional integer backlog, function callback',
        result: 'integer result',
      },
      disconnect: { parameters: `integer socketId, ${callback}` },
      close: { parameters: `integer socketId, ${callback}` },
      getInfo: { parameters: `integer socketId, ${callback}`, result: 'SocketInfo socketInfo' },
      getSockets: { parameters: callback, result: 'SocketInfo[] socketInfos' },
      generateCertificate: {
        parameters: `optional sockets.tcpServer.CertificateOptions options, ${callback}`,
        result: 'TlsPair pair',
      },
    },
    events: { onAccept: 'AcceptInfo', onAcceptError: 'AcceptErrorInfo' },
  },
  tcp: {
    types: {
      SocketProperties: {
        persistent: 'optional boolean',
        name: 'optional string',
        bufferSize: 'optional integer',
        allowHalfOpen: 'optional boolean',
      },
      ...sending,
      SocketInfo: {
        socketId: 'integer',
        persistent: 'boolean',
        name: 'optional string',
        bufferSize: 'optional integer',
        paused: 'boolean',
        connected: 'boolean',
        localAddress: 'optional string',
        localPort: 'optional integer',
        peerAddress: 'optional string',
        peerPort: 'optional integer',
        allowHalfOpen: 'optional boolean',
      },
      ReceiveInfo: { socketId: 'integer', data: 'binary' },
      TLSVersionConstraints: { min: 'optional string', max: 'optional string' },
      SecureOptions: { tlsVersion: 'optional sockets.tcp.TLSVersionConstraints' },
    },
    methods: {
      create: {
        parameters: `optional sockets.tcp.SocketProperties properties, ${callback}`,
        result: 'CreateInfo createInfo',
      },
      update: { parameters: `integer socketId, sockets.tcp.SocketProperties properties, ${callback}` },
      setPaused: { parameters: `integer socketId, boolean paused, ${callback}` },
      connect: {
        parameters:
          'integer socketId, string peerAddress, integer peerPort, optional sockets.tcp.DnsQueryType dnsQueryType, function callback',
        result: 'integer result',
      },
      disconnect: { parameters: `integer socketId, ${callback}` },
      send: { parameters: 'integer socketId, binary data, function callback', result: 'SendInfo sendInfo' },
      close: { parameters: `integer socketId, ${callback}` },
      getInfo: { parameters: `integer socketId, ${callback}`, result: 'SocketInfo socketInfo' },
      getSockets: { parameters: callback, result: 'SocketInfo[] socketInfos' },
      setKeepAlive: {
        parameters: 'integer socketId, boolean enable, optional integer delay, function callback',
        result: 'integer result',
      },
      setNoDelay: { parameters: 'integer socketId, boolean noDelay, function callback', result: 'integer result' },
      secure: {
        parameters: 'integer socketId, optional sockets.tcp.SecureOptions options, function callback',
        result: 'integer result',
      },
    },
    events: { onReceive: 'ReceiveInfo', onReceiveError: 'ReceiveErrorInfo' },
  },
  udp: {
    types: {
      SocketProperties: { persistent: 'optional boolean', name: 'optional string', bufferSize: 'optional integer' },
      ...sending,
      SocketInfo: {
        socketId: 'integer',
        persistent: 'boolean',
        name: 'optional string',
        bufferSize: 'optional integer',
        paused: 'boolean',
        localAddress: 'optional string',
        localPort: 'optional integer',
      },
      ReceiveInfo: { socketId: 'integer', data: 'binary', remoteAddress: 'string', remotePort: 'integer' },
    },
    methods: {
      create: {
        parameters: `optional sockets.udp.SocketProperties properties, ${callback}`,
        result: 'CreateInfo createInfo',
      },
      update: { parameters: `integer socketId, sockets.udp.SocketProperties properties, ${callback}` },
      setPaused: { parameters: `integer socketId, boolean paused, ${callback}` },
      bind: {
        parameters: 'integer socketId, string address, integer port, function callback',
        result: 'integer result',
      },
      send: {
        parameters:
          'integer socketId, binary data, string address, integer port, optional sockets.udp.DnsQueryType dnsQueryType, function callback',
        result: 'SendInfo sendInfo',
      },
      close: { parameters: `integer socketId, ${callback}` },
      getInfo: { parameters: `integer socketId, ${callback}`, result: 'SocketInfo socketInfo' },
      getSockets: { parameters: callback, result: 'SocketInfo[] socketInfos' },
      joinGroup: { parameters: 'integer socketId, string address, function callback', result: 'integer result' },
      leaveGroup: { parameters: 'integer socketId, string address, function callback', result: 'integer result' },
      setMulticastTimeToLive: {
        parameters: 'integer socketId, integer ttl, function callback',
        result: 'integer result',
      },
      setMulticastLoopbackMode: {
        parameters: 'integer socketId, boolean enabled, function callback',
        result: 'integer result',
      },
      getJoinedGroups: { parameters: `integer socketId, ${callback}`, result: 'string[] groups' },
      setBroadcast: { parameters: 'integer socketId, boolean enabled, function callback', result: 'integer result' },
    },
    events: { onReceive: 'ReceiveInfo', onReceiveError: 'ReceiveErrorInfo' },
  },
  network: {
    path: 'system.network',
    types: { NetworkInterface: { name: 'string', address: 'string', prefixLength: 'integer' } },
    methods: { getNetworkInterfaces: { parameters: callback, result: 'NetworkInterface[] networkInterfaces' } },
    events: {},
  },
};

/**
 * Where a namespace is below `chrome`, and on the wire.
 *
 * @param {string} namespace
 */
export const pathOf = (namespace) =>
  namespaces[/** @type {keyof typeof namespaces} */ (namespace)].path ?? `sockets.${namespace}`;

/**
 * @typedef {object} Parameter
 * @property {string} name
 * @property {string} type A basic type word, or the qualified name of a dictionary or enumeration.
 * @property {boolean} optional
 *
 * @typedef {object} Signature
 * @property {string} name Qualified name, as on the wire: `sockets.tcp.connect`.
 * @property {string} text Parameter list as Chrome prints it.
 * @property {Parameter[]} parameters The same list, taken apart; the last one is the callback.
 */

/**
 * Takes a method's parameter text apart.
 *
 * @param {string} namespace
 * @param {string} method
 * @param {string} text
 * @returns {Signature}
 */
export function signature(namespace, method, text) {
  const parameters = text.split(', ').map((part) => {
    const [name = '', type = '', optional] = part.split(' ').reverse();
    return { name, type, optional: optional === 'optional' };
  });
  return { name: `${pathOf(namespace)}.${method}`, text, parameters };
}

/**
 * The dictionary or enumeration that a parameter's type names, if it names one.
 *
 * @param {string} type Qualified name, such as `sockets.tcp.SocketProperties`.
 * @returns {Dictionary | readonly string[] | undefined}
 */
export function namedType(type) {
  const [, namespace, name] = type.split('.');
  if (namespace !== 'tcpServer' && namespace !== 'tcp' && namespace !== 'udp') return undefined;
  return namespaces[namespace].types[name ?? ''];
}
