// What people write today: a native-messaging host in plain Node, with `net`. It speaks as much of PROTOCOL.md as the
// benchmarks need, and does what comes naturally: one frame per message, JSON and base64 as Node has them. It counts credit
// as the protocol wants it, since without that a browser would fill its memory.
import net from 'node:net';

const PORT_WINDOW = 1024 * 1024;
const SOCKET_WINDOW = 512 * 1024;

/** @type {Map<number, any>} servers and sockets by id */
const sockets = new Map();
let nextSocketId = 1;
let portUsed = 0;
let portAcked = 0;
/** @type {Set<any>} sockets that wait for credit */
const waiting = new Set();
let taken = 0;
let takenTold = 0;

/** @param {object} message */
function post(message) {
  const json = JSON.stringify(message);
  const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(json));
  frame.writeUInt32LE(frame.length - 4, 0);
  frame.write(json, 4);
  process.stdout.write(frame);
}

/** @param {any} entry */
const hasCredit = (entry) => portUsed - portAcked < PORT_WINDOW && entry.used - entry.acked < SOCKET_WINDOW;

/** @param {any} entry */
function flow(entry) {
  const reads = !entry.paused && hasCredit(entry);
  if (!entry.paused && !reads) waiting.add(entry);
  else waiting.delete(entry);
  if (reads) entry.socket.resume();
  else entry.socket.pause();
}

/**
 * @param {net.Socket} socket
 * @param {number} id
 */
function adopt(socket, id) {
  const entry = { socket, paused: true, used: 0, acked: 0 };
  sockets.set(id, entry);
  socket.setNoDelay(true);
  socket.on('data', (data) => {
    post({ event: 'sockets.tcp.onReceive', params: { socketId: id, data: data.toString('base64') } });
    const cost = Math.max(1024, data.length);
    portUsed += cost;
    entry.used += cost;
    if (!hasCredit(entry)) flow(entry);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    if (sockets.get(id) === entry && !entry.paused) {
      post({ event: 'sockets.tcp.onReceiveError', params: { socketId: id, resultCode: -100 } });
    }
  });
}

/** @type {Record<string, (id: number, params: any) => void>} */
const methods = {
  'host.hello': (id) =>
    post({
      id,
      result: {
        protocol: 1,
        host: 'peer',
        features: [],
        limits: { sockets: 16384 },
        credit: { socket: SOCKET_WINDOW, port: PORT_WINDOW, accepts: 256 },
        sendWindow: 4 * 1024 * 1024,
      },
    }),
  'host.ack': (_, params) => {
    portAcked = params.port ?? portAcked;
    for (const [id, acked] of params.sockets ?? []) {
      const entry = sockets.get(id);
      if (entry) entry.acked = acked;
    }
    for (const entry of [...waiting]) flow(entry);
  },
  'host.bye': (id) => post({ id, result: null }),
  'sockets.tcpServer.create': (id) => {
    const socketId = nextSocketId++;
    sockets.set(socketId, { server: net.createServer({ pauseOnConnect: true }) });
    post({ id, result: { socketId } });
  },
  'sockets.tcpServer.listen': (id, { socketId, address, port, backlog }) => {
    const { server } = sockets.get(socketId);
    server.on('connection', (/** @type {net.Socket} */ socket) => {
      const clientSocketId = nextSocketId++;
      adopt(socket, clientSocketId);
      post({ event: 'sockets.tcpServer.onAccept', params: { socketId, clientSocketId } });
    });
    server.listen({ host: address, port, backlog }, () => post({ id, result: 0 }));
  },
  'sockets.tcpServer.getInfo': (id, { socketId }) => {
    const { address, port } = sockets.get(socketId).server.address();
    post({ id, result: { socketId, persistent: false, paused: false, localAddress: address, localPort: port } });
  },
  'sockets.tcp.create': (id) => {
    const socketId = nextSocketId++;
    adopt(new net.Socket(), socketId);
    post({ id, result: { socketId } });
  },
  'sockets.tcp.connect': (id, { socketId, peerAddress, peerPort }) => {
    const entry = sockets.get(socketId);
    entry.socket.connect(peerPort, peerAddress, () => {
      entry.paused = false;
      flow(entry);
      post({ id, result: 0 });
    });
  },
  'sockets.tcp.update': (id) => post({ id, result: null }),
  'sockets.tcp.setPaused': (id, { socketId, paused }) => {
    const entry = sockets.get(socketId);
    entry.paused = paused;
    flow(entry);
    post({ id, result: null });
  },
  'sockets.tcp.getInfo': (id, { socketId }) => {
    const { socket, paused } = sockets.get(socketId);
    const connected = socket.remotePort !== undefined;
    const { localAddress, localPort, remoteAddress: peerAddress, remotePort: peerPort } = socket;
    post({
      id,
      result: { socketId, persistent: false, paused, connected, localAddress, localPort, peerAddress, peerPort },
    });
  },
  'sockets.tcp.send': (id, { socketId, data }) => {
    const bytes = Buffer.from(data, 'base64');
    taken += bytes.length;
    if (taken - takenTold >= 256 * 1024) {
      takenTold = taken;
      post({ event: 'host.ack', params: { bytes: taken } });
    }
    sockets.get(socketId).socket.write(bytes, () => post({ id, result: { resultCode: 0, bytesSent: bytes.length } }));
  },
  'sockets.tcp.disconnect': (id, { socketId }) => {
    sockets.get(socketId).socket.end();
    post({ id, result: null });
  },
  'sockets.tcp.close': (id, { socketId }) => {
    const { socket } = sockets.get(socketId);
    sockets.delete(socketId);
    socket.end();
    post({ id, result: null });
  },
  'sockets.tcpServer.close': (id, { socketId }) => {
    sockets.get(socketId).server.close();
    sockets.delete(socketId);
    post({ id, result: null });
  },
};

let pending = Buffer.alloc(0);

process.stdin.on('data', (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= 4) {
    const length = pending.readUInt32LE(0);
    if (pending.length < 4 + length) break;
    const frame = JSON.parse(pending.toString('utf8', 4, 4 + length));
    pending = pending.subarray(4 + length);
    for (const { id, method, params } of Array.isArray(frame) ? frame : [frame]) {
      const run = methods[method];
      if (run) run(id, params);
      else post({ id, error: { message: `Unknown method: ${method}` } });
    }
  }
});
process.stdin.on('end', () => process.exit());
