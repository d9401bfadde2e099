/**
 * What the generated types say about each name of the API: meaning, units, ranges, errors, and where each rule comes from.
 * Keys are the table's names; the generator stops when one is missing or left over.
 *
 * @typedef {object} Doc
 * @property {string} text
 * @property {Record<string, string>} [members] Parameters of a method, or members of a dictionary.
 * @property {string} [result] What the callback gets, or the promise resolves with.
 * @property {string[]} [errors] Texts of `chrome.runtime.lastError`, with the code that comes beside, and when.
 * @property {string} source
 */

const SERVER = 'Chromium, `extensions/browser/api/sockets_tcp_server/`';
const TCP = 'Chromium, `extensions/browser/api/sockets_tcp/`';
const UDP = 'Chromium, `extensions/browser/api/sockets_udp/`';
const NETWORK = 'Chromium, `extensions/browser/api/system_network/`';
const OURS = 'chrome-sockets';

const NOT_FOUND = '`Socket not found`: no open socket of this kind has the id.';
const PERMISSION = "`Does not have permission`: the manifest key `sockets` or the user's policy does not allow it.";

const server = 'Id of a listening socket, from `create`.';
const socket = 'Id of a TCP socket, from `create` or from `tcpServer.onAccept`.';

const datagrams = 'Id of a UDP socket, from `create`.';
const UDP_PERMISSION =
  "`App does not have permission`: the manifest key `sockets` or the user's policy does not allow it.";
const CODE = '0, or a negative net error code beside `lastError`. Nothing when the error has no code.';
const BOUND = '`net::ERR_SOCKET_IS_CONNECTED` (-23): `bind` has been tried, and it is too late.';

/** What `joinGroup` and `leaveGroup` say in the same words. */
const membership = (/** @type {string} */ text, /** @type {string} */ wrong) => ({
  text,
  members: { socketId: datagrams, address: 'An IP literal of a multicast group.' },
  result: CODE,
  errors: [
    NOT_FOUND,
    UDP_PERMISSION,
    `\`net::ERR_ADDRESS_INVALID\` (-108): not an IP literal, ${wrong}, or not of the socket's family.`,
    '`net::ERR_UNEXPECTED` (-9): not bound.',
    '`net::ERR_INVALID_ARGUMENT` (-4): not a multicast address.',
  ],
  source: UDP,
});

/** What the namespaces say in the same words. */
const common = (/** @type {string} */ source, /** @type {string} */ socketId) => ({
  update: {
    text: 'Changes properties. Those that are absent keep their value. Works in every state.',
    members: { socketId, properties: 'The properties to change.' },
    errors: [NOT_FOUND],
    source,
  },
  close: {
    text: 'Closes the socket and frees its id, which is never used again.',
    members: { socketId },
    errors: [NOT_FOUND],
    source,
  },
  getInfo: {
    text: 'State of one socket.',
    members: { socketId },
    result: 'The state, as of the last event that was sent. Members without a value are absent.',
    errors: [NOT_FOUND],
    source,
  },
  CreateInfo: {
    text: 'Result of `create`.',
    members: { socketId: 'Id of the new socket, at least 1.' },
    source,
  },
});

const persistent = 'Whether the socket is to outlive the background context. Stored and reported; `false` when absent.';
const name = 'Any text, for the app itself; up to 64 KiB. Empty when absent.';

const allowHalfOpen =
  'Whether the socket may still send when the peer has finished sending: `onReceiveError` says -100 and pauses, and the connection stays until `disconnect`, `close` or a write error. `false` when absent, as in Chrome, where the end of one direction is the end of both.';

/** @type {Record<string, Record<string, Doc>>} */
export const docs = {
  tcpServer: {
    '': { text: 'Listening TCP sockets: the part of `chrome.sockets.tcpServer`.', source: SERVER },
    ...common(SERVER, server),
    create: {
      text: 'Makes a socket that can listen.',
      members: { properties: 'Initial properties.' },
      result: 'The id of the new socket.',
      errors: ['`net::ERR_INSUFFICIENT_RESOURCES`: the extension has as many sockets as the host allows.'],
      source: `${SERVER}; the limit: ${OURS}`,
    },
    close: {
      text: 'Stops listening and frees the id, which is never used again. Accepted connections stay open.',
      members: { socketId: server },
      errors: [NOT_FOUND],
      source: SERVER,
    },
    setPaused: {
      text: 'Stops or resumes accepting. After the callback of a pause no `onAccept` of the socket fires; connections wait in the backlog. Resuming accepts again, also after `onAcceptError`.',
      members: { socketId: server, paused: 'Whether to stop.' },
      errors: [NOT_FOUND],
      source: `${SERVER}; that pausing is exact and that resuming works as documented: ${OURS}`,
    },
    listen: {
      text: 'Listens on a local address and port.',
      members: {
        socketId: server,
        address: 'An IP literal: `127.0.0.1`, `::1` (no brackets), `0.0.0.0` or `::` for all. Names are not resolved.',
        port: 'Modulo 65536; 0 lets the system choose, and `getInfo` tells which.',
        backlog: "How many connections may wait. The system's maximum when absent or negative; 0 is an error.",
      },
      result: '0, or a negative net error code beside `lastError`. Nothing when the error has no code.',
      errors: [
        NOT_FOUND,
        PERMISSION,
        '`net::ERR_INVALID_ARGUMENT` (-4): not an IP literal, or backlog 0.',
        '`net::ERR_ADDRESS_IN_USE` (-147), `net::ERR_ACCESS_DENIED` (-10), `net::ERR_ADDRESS_INVALID` (-108) and what else the system says.',
        '`net::ERR_SOCKET_IS_CONNECTED` (-23): it listens already, and goes on doing so.',
        '`net::ERR_ABORTED` (-3): `disconnect` came first.',
      ],
      source: `${SERVER}; -23 and -3, which Chromium leaves undefined: ${OURS}`,
    },
    disconnect: {
      text: 'Stops listening and frees the port at once. Accepted connections stay open. The socket can listen again.',
      members: { socketId: server },
      errors: [NOT_FOUND],
      source: SERVER,
    },
    getSockets: {
      text: "State of all the extension's listening sockets, in no order.",
      result: 'One entry per socket.',
      source: SERVER,
    },
    SocketProperties: {
      text: 'Properties of a listening socket.',
      members: {
        persistent,
        name,
        allowHalfOpen: `For the connections accepted from now on. ${allowHalfOpen}`,
        tls: "Makes a server that speaks TLS 1.2 and 1.3: `onAccept` comes when a client's handshake has succeeded, and all else is as without it. `update` with another pair is for the connections to come. Absent, as in Chrome: plain TCP.",
      },
      source: `${SERVER}; \`allowHalfOpen\` and \`tls\`: ${OURS}`,
    },
    TlsPair: {
      text: 'What a server proves itself with. Keep the key to yourself: `chrome.storage.local`, no log, no page of others.',
      members: {
        certificate: "PEM, at most 64 KiB: the server's certificate, and behind it those that lead to an authority.",
        privateKey: 'PEM, at most 64 KiB: the unencrypted key of the first (PKCS #8, PKCS #1 or SEC 1).',
      },
      source: OURS,
    },
    CertificateOptions: {
      text: 'What a generated certificate is to be like.',
      members: {
        hosts:
          'Names and addresses it is for, 1 to 64; a name may begin with `*.`. `localhost`, `127.0.0.1` and `::1` when absent.',
        days: 'How long it is good for, 1 to 3650; 397 when absent.',
      },
      source: OURS,
    },
    generateCertificate: {
      text: 'Makes a key and a certificate that has signed itself, for `tls`. Clients trust it when they are told to (`curl --cacert`), and nobody else does.',
      members: { options: 'Its hosts and its time.' },
      result: 'The pair; nothing of it is kept here.',
      errors: ['`Invalid `hosts`: …`, `Invalid `days`: …`.'],
      source: OURS,
    },
    SocketInfo: {
      text: 'State of a listening socket.',
      members: {
        socketId: 'Id of the socket.',
        persistent: 'As given.',
        name: 'As given; absent when empty.',
        paused: 'Whether it does not accept: by `setPaused`, or after `onAcceptError`.',
        localAddress: 'Address it listens on, canonical; absent while it does not listen.',
        localPort: 'Port it listens on, 1 to 65535; absent while it does not listen.',
        allowHalfOpen: 'As given; absent unless `true`.',
        tls: '`true` when its clients speak TLS, else absent.',
        failedHandshakes: "How many clients' handshakes have failed or taken too long; absent without `tls`.",
      },
      source: `${SERVER}; the last three: ${OURS}`,
    },
    onAccept: {
      text: 'A connection was accepted. Its socket is paused: add listeners, then `tcp.setPaused(clientSocketId, false)`.',
      source: SERVER,
    },
    onAcceptError: {
      text: 'Accepting failed. The socket is paused now; `setPaused(socketId, false)` tries again. -2 also when the host is gone.',
      source: `${SERVER}; the host: ${OURS}`,
    },
    AcceptInfo: {
      text: 'What `onAccept` says.',
      members: { socketId: 'The listening socket.', clientSocketId: 'The new connection, a socket of `tcp`.' },
      source: SERVER,
    },
    AcceptErrorInfo: {
      text: 'What `onAcceptError` says.',
      members: { socketId: 'The listening socket.', resultCode: 'Net error code, negative.' },
      source: SERVER,
    },
  },
  tcp: {
    '': { text: 'TCP connections: the part of `chrome.sockets.tcp`.', source: TCP },
    ...common(TCP, socket),
    create: {
      text: 'Makes a socket that can connect.',
      members: { properties: 'Initial properties.' },
      result: 'The id of the new socket.',
      errors: ['`net::ERR_INSUFFICIENT_RESOURCES`: the extension has as many sockets as the host allows.'],
      source: `${TCP}; the limit: ${OURS}`,
    },
    close: {
      text: 'Closes the connection and frees the id, which is never used again. Bytes whose `send` has succeeded still go out. An un-paused connected socket gets a last `onReceiveError` with -100.',
      members: { socketId: socket },
      errors: [NOT_FOUND],
      source: `${TCP}; that sent bytes are not lost: ${OURS}`,
    },
    setPaused: {
      text: 'Stops or resumes reading. After the callback of a pause no `onReceive` of the socket fires; the peer is held up in the end, and nothing is lost.',
      members: { socketId: socket, paused: 'Whether to stop.' },
      errors: [NOT_FOUND],
      source: `${TCP}; that pausing is exact: ${OURS}`,
    },
    connect: {
      text: 'Connects. Reading starts at once unless the socket is paused.',
      members: {
        socketId: socket,
        peerAddress:
          'Host name or IP literal (no brackets). A name is resolved at each call; its addresses are tried in turn.',
        peerPort: 'Modulo 65536.',
        dnsQueryType: 'Which addresses to ask for; `any` when absent.',
      },
      result: '0, or a negative net error code beside `lastError`. Nothing when the error has no code.',
      errors: [
        NOT_FOUND,
        PERMISSION,
        '`net::ERR_NAME_NOT_RESOLVED` (-105), `net::ERR_CONNECTION_REFUSED` (-102), `net::ERR_CONNECTION_TIMED_OUT` (-118), `net::ERR_ADDRESS_UNREACHABLE` (-109) and what else the system says.',
        '`net::ERR_CONNECTION_FAILED` (-104): another `connect` is pending.',
        '`net::ERR_SOCKET_IS_CONNECTED` (-23): it is connected.',
        '`net::ERR_ABORTED` (-3): `disconnect` came first.',
      ],
      source: `${TCP}; -3, where Chromium never calls back: ${OURS}`,
    },
    disconnect: {
      text: 'Ends the connection; the socket can connect again. An un-paused connected socket gets a last `onReceiveError` with -100 and is paused then.',
      members: { socketId: socket },
      errors: [NOT_FOUND],
      source: TCP,
    },
    send: {
      text: 'Sends bytes. They are copied at once; sends of one socket go out in order. Success means that the system has taken the last byte, not that the peer has it.',
      members: { socketId: socket, data: 'The bytes; of a view only its range. May be empty.' },
      result:
        '`resultCode` 0 and `bytesSent`, always the whole length. On failure a negative `resultCode` alone, or nothing when the error has no code.',
      errors: [
        '`Exceeded write quota.`: more than 200 MiB of the extension would be on their way.',
        NOT_FOUND,
        '`net::ERR_SOCKET_NOT_CONNECTED` (-15): not connected, or closed or disconnected before the send was complete.',
        '`net::ERR_FAILED` (-2): the connection broke.',
      ],
      source: `${TCP}; -15 for an interrupted send, where Chromium never calls back: ${OURS}`,
    },
    getSockets: {
      text: "State of all the extension's TCP sockets, accepted ones included, in no order.",
      result: 'One entry per socket.',
      source: TCP,
    },
    setKeepAlive: {
      text: 'Switches TCP keep-alive, which is on with 45 seconds by default.',
      members: {
        socketId: socket,
        enable: 'Whether to probe an idle connection.',
        delay: 'Seconds until the first probe and between probes; 0 or absent leaves the times as they are.',
      },
      result: '0, or a negative net error code beside `lastError`.',
      errors: ['`Socket not found` (-2).', '`net::ERR_FAILED` (-2): not connected, or the system refused.'],
      source: TCP,
    },
    secure: {
      text: "Makes the connection one that speaks TLS, as its client. The socket must have been paused before `connect`, so that no read is pending. The server's certificate must be for the host that `connect` was given, and the system must trust it. On success `name` and `bufferSize` are forgotten; resume reading with `setPaused`.",
      members: { socketId: socket, options: 'The versions of TLS to take; 1.2 and 1.3 when absent.' },
      result: '0, or a negative net error code beside `lastError`.',
      errors: [
        '`Socket not found` (-4), `Socket not connected` (-4), `Socket must be a connected client TCP socket.` (-4): the socket stays as it is.',
        '`net::ERR_FAILED` (-2): it is being read, a send is under way, or it was accepted by a server. This and what follows closes the socket.',
        '`net::ERR_CERT_COMMON_NAME_INVALID` (-200), `net::ERR_CERT_DATE_INVALID` (-201), `net::ERR_CERT_AUTHORITY_INVALID` (-202), and what else is wrong with the certificate.',
        '`net::ERR_SSL_PROTOCOL_ERROR` (-107), `net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH` (-113), `net::ERR_CONNECTION_CLOSED` (-100) and what else goes wrong in the handshake.',
      ],
      source: TCP,
    },
    SecureOptions: {
      text: 'Options of `secure`.',
      members: { tlsVersion: 'The lowest and the highest version of TLS.' },
      source: TCP,
    },
    TLSVersionConstraints: {
      text: 'Versions of TLS. Unknown ones are ignored, and those before 1.2 are raised.',
      members: {
        min: '`tls1.2` or `tls1.3`; `tls1.2` when absent.',
        max: '`tls1.2` or `tls1.3`; `tls1.3` when absent.',
      },
      source: TCP,
    },
    setNoDelay: {
      text: "Switches Nagle's algorithm off or on. It is off by default.",
      members: { socketId: socket, noDelay: 'Whether small packets go out at once.' },
      result: '0, or a negative net error code beside `lastError`.',
      errors: ['`Socket not found` (-2).', '`net::ERR_FAILED` (-2): not connected, or the system refused.'],
      source: TCP,
    },
    SocketProperties: {
      text: 'Properties of a TCP socket.',
      members: {
        persistent,
        name,
        bufferSize: 'Most bytes of one `onReceive`, at most 65536. 4096 when absent, 0 or negative.',
        allowHalfOpen,
      },
      source: `${TCP}; \`allowHalfOpen\`: ${OURS}`,
    },
    DnsQueryType: {
      text: 'Which addresses of a name are asked for: what the system prefers, IPv4 only, or IPv6 only.',
      source: TCP,
    },
    SendInfo: {
      text: 'Result of `send`.',
      members: { resultCode: '0, or a negative net error code.', bytesSent: 'Length of the data; absent on failure.' },
      source: TCP,
    },
    SocketInfo: {
      text: 'State of a TCP socket.',
      members: {
        socketId: 'Id of the socket.',
        persistent: 'As given.',
        name: 'As given; absent when empty.',
        bufferSize: 'As given; absent unless positive.',
        paused: 'Whether it does not read. Accepted sockets begin paused; the end of a connection pauses too.',
        connected: 'Whether it is connected. While paused, the end of the connection is not noticed.',
        localAddress: 'Own address, canonical; absent while not connected.',
        localPort: 'Own port; absent while not connected.',
        peerAddress: "The peer's address, canonical; absent while not connected.",
        peerPort: "The peer's port; absent while not connected.",
        allowHalfOpen: 'As given; absent unless `true`.',
      },
      source: `${TCP}; the local address of accepted sockets: ${OURS}`,
    },
    onReceive: {
      text: 'Bytes have come. Boundaries between events mean nothing. Without a listener they are dropped.',
      source: TCP,
    },
    onReceiveError: {
      text: 'The connection has ended, by the peer, by an error or by `close` or `disconnect` here; -100 in all cases. The socket is disconnected and paused now. All bytes that came before have been delivered.',
      source: `${TCP}; also when the host is gone: ${OURS}`,
    },
    ReceiveInfo: {
      text: 'What `onReceive` says.',
      members: { socketId: 'The socket.', data: "The bytes; at least one, at most the socket's `bufferSize`." },
      source: TCP,
    },
    ReceiveErrorInfo: {
      text: 'What `onReceiveError` says.',
      members: { socketId: 'The socket.', resultCode: 'Net error code, negative.' },
      source: TCP,
    },
  },
  udp: {
    '': { text: 'UDP sockets: `chrome.sockets.udp`.', source: UDP },
    ...common(UDP, datagrams),
    create: {
      text: 'Makes a socket that can be bound.',
      members: { properties: 'Initial properties.' },
      result: 'The id of the new socket.',
      errors: ['`net::ERR_INSUFFICIENT_RESOURCES`: the extension has as many sockets as the host allows.'],
      source: `${UDP}; the limit: ${OURS}`,
    },
    close: {
      text: 'Closes the socket, leaves its groups and frees its id, which is never used again. No event follows.',
      members: { socketId: datagrams },
      errors: [NOT_FOUND],
      source: UDP,
    },
    setPaused: {
      text: 'Stops or resumes receiving. After the callback of a pause no `onReceive` of the socket fires; datagrams wait in the system, which drops what it cannot hold. Resuming receives again, also after `onReceiveError`.',
      members: { socketId: datagrams, paused: 'Whether to stop.' },
      errors: [NOT_FOUND],
      source: `${UDP}; that pausing is exact: ${OURS}`,
    },
    bind: {
      text: 'Binds to a local address and port, and receives from then on unless paused. No address is shared with another socket.',
      members: {
        socketId: datagrams,
        address: 'An IP literal: `0.0.0.0`, `::` (no brackets), `127.0.0.1`. Names are not resolved.',
        port: 'Modulo 65536; 0 lets the system choose, and `getInfo` tells which.',
      },
      result: CODE,
      errors: [
        NOT_FOUND,
        UDP_PERMISSION,
        '`net::ERR_CONNECTION_FAILED` (-104): it is bound.',
        '`net::ERR_INVALID_ARGUMENT` (-4): not an IP literal.',
        '`net::ERR_ADDRESS_IN_USE` (-147), `net::ERR_ACCESS_DENIED` (-10), `net::ERR_ADDRESS_INVALID` (-108) and what else the system says.',
      ],
      source: UDP,
    },
    send: {
      text: 'Sends one datagram. Success means that the system has taken it.',
      members: {
        socketId: datagrams,
        data: 'The datagram; of a view only its range. May be empty; at most 65,507 bytes over IPv4.',
        address: 'Host name or IP literal. A name is resolved at each call, and its first address is used.',
        port: 'Modulo 65536.',
        dnsQueryType: 'Which addresses to ask for; `any` when absent.',
      },
      result:
        '`resultCode` 0 and `bytesSent`. On failure a negative `resultCode` alone, or nothing when the error has no code.',
      errors: [
        '`Exceeded write quota.`: more than 200 MiB of the extension would be on their way.',
        NOT_FOUND,
        UDP_PERMISSION,
        '`net::ERR_NAME_NOT_RESOLVED` (-105).',
        '`net::ERR_SOCKET_NOT_CONNECTED` (-15): not bound, or closed before the system took it.',
        '`net::ERR_MSG_TOO_BIG` (-142): longer than a datagram can be.',
        '`net::ERR_INSUFFICIENT_RESOURCES` (-12): 32 datagrams wait for the system already.',
        '`net::ERR_ACCESS_DENIED` (-10): a broadcast address without `setBroadcast`, and what else the system says.',
      ],
      source: `${UDP}; -15 for an interrupted send, where Chromium never calls back: ${OURS}`,
    },
    getSockets: {
      text: "State of all the extension's UDP sockets, in no order.",
      result: 'One entry per socket.',
      source: UDP,
    },
    joinGroup: membership('Joins a multicast group, on the interface that the system chooses.', 'joined already'),
    leaveGroup: membership('Leaves a multicast group.', 'not joined'),
    setMulticastTimeToLive: {
      text: 'How many hops datagrams to groups may take. Only before `bind`.',
      members: { socketId: datagrams, ttl: '0 to 255; 1, which stays in the local network, by default.' },
      result: CODE,
      errors: [NOT_FOUND, BOUND, '`net::ERR_INVALID_ARGUMENT` (-4): not 0 to 255.'],
      source: UDP,
    },
    setMulticastLoopbackMode: {
      text: 'Whether datagrams to groups also reach members on this computer. Only before `bind`.',
      members: { socketId: datagrams, enabled: 'On by default.' },
      result: CODE,
      errors: [NOT_FOUND, BOUND],
      source: UDP,
    },
    getJoinedGroups: {
      text: 'The groups that the socket is a member of.',
      members: { socketId: datagrams },
      result: 'Their addresses, canonical, in the order of joining.',
      errors: [NOT_FOUND, UDP_PERMISSION],
      source: UDP,
    },
    setBroadcast: {
      text: 'Whether datagrams to broadcast addresses may be sent.',
      members: { socketId: datagrams, enabled: 'Off by default.' },
      result: CODE,
      errors: [NOT_FOUND, '`net::ERR_SOCKET_NOT_CONNECTED` (-15): not bound.'],
      source: UDP,
    },
    SocketProperties: {
      text: 'Properties of a UDP socket.',
      members: {
        persistent,
        name,
        bufferSize:
          'Longest datagram that is received, at most 65536. 4096 when absent, 0 or negative. A longer one is lost, `onReceiveError` says -142, and the socket is paused.',
      },
      source: UDP,
    },
    DnsQueryType: {
      text: 'Which addresses of a name are asked for: what the system prefers, IPv4 only, or IPv6 only.',
      source: UDP,
    },
    SendInfo: {
      text: 'Result of `send`.',
      members: { resultCode: '0, or a negative net error code.', bytesSent: 'Length of the data; absent on failure.' },
      source: UDP,
    },
    SocketInfo: {
      text: 'State of a UDP socket.',
      members: {
        socketId: 'Id of the socket.',
        persistent: 'As given.',
        name: 'As given; absent when empty.',
        bufferSize: 'As given; absent unless positive.',
        paused: 'Whether it does not receive: by `setPaused`, or after `onReceiveError`.',
        localAddress: 'Own address, canonical; absent while not bound.',
        localPort: 'Own port; absent while not bound.',
      },
      source: UDP,
    },
    onReceive: { text: 'One datagram has come. Without a listener it is dropped.', source: UDP },
    onReceiveError: {
      text: 'Receiving failed: -142 for a datagram longer than `bufferSize`, which is lost. The socket is paused now and stays bound. -2 when the host is gone.',
      source: `${UDP}; the host: ${OURS}`,
    },
    ReceiveInfo: {
      text: 'What `onReceive` says.',
      members: {
        socketId: 'The socket.',
        data: 'The datagram; may be empty.',
        remoteAddress: "The sender's address, canonical.",
        remotePort: "The sender's port.",
      },
      source: UDP,
    },
    ReceiveErrorInfo: {
      text: 'What `onReceiveError` says.',
      members: { socketId: 'The socket.', resultCode: 'Net error code, negative.' },
      source: UDP,
    },
  },
  network: {
    '': { text: 'The part of `chrome.system.network`.', source: NETWORK },
    getNetworkInterfaces: {
      text: 'The addresses of this computer, but for the loopback. Unlike in Chrome no permission is needed.',
      result: 'One entry for each address of each interface that is up.',
      source: NETWORK,
    },
    NetworkInterface: {
      text: 'One address of this computer.',
      members: {
        name: "The system's name of the interface, such as `eth0`.",
        address: 'The address, canonical; IPv4 or IPv6.',
        prefixLength: "How many bits of it are the network's.",
      },
      source: NETWORK,
    },
  },
};
