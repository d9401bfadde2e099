import { Meter } from './meter.js';

/**
 * The benchmarks over anything that is like `chrome.sockets`: ours, the native one, or the shim with another host. Calls
 * take callbacks, which all of them have.
 *
 * @param {{tcp: any, tcpServer: any}} sockets
 */
export function overSockets({ tcp, tcpServer }) {
  /**
   * @param {any} namespace
   * @param {string} method
   * @param {...any} args
   * @returns {Promise<any>}
   */
  const call = (namespace, method, ...args) =>
    new Promise((resolve, reject) => {
      namespace[method](...args, (/** @type {any} */ result) => {
        if (chrome.runtime.lastError) reject(new Error(`${method}: ${chrome.runtime.lastError.message}`));
        else resolve(result);
      });
    });

  /**
   * A server on a free port.
   *
   * @param {Meter} meter
   * @param {(client: number) => void} accepted
   * @param {(info: {socketId: number, data: ArrayBuffer}) => void} [received]
   */
  async function serve(meter, accepted, received = () => {}) {
    const { socketId } = await call(tcpServer, 'create', {});
    const clients = new Set();
    const onAccept = (/** @type {any} */ { socketId: server, clientSocketId }) => {
      if (server !== socketId) return;
      clients.add(clientSocketId);
      accepted(clientSocketId);
    };
    const onReceive = (/** @type {any} */ info) => received(info);
    tcpServer.onAccept.addListener(onAccept);
    tcp.onReceive.addListener(onReceive);
    await call(tcpServer, 'listen', socketId, '127.0.0.1', 0, 4096);
    const { localPort } = await call(tcpServer, 'getInfo', socketId);
    return {
      port: localPort,
      result: meter.result,
      async stop() {
        tcpServer.onAccept.removeListener(onAccept);
        tcp.onReceive.removeListener(onReceive);
        await call(tcpServer, 'close', socketId);
        // Some are closed already, which is no matter.
        await Promise.allSettled([...clients].map((client) => call(tcp, 'close', client)));
      },
    };
  }

  const resume = (/** @type {number} */ client) => tcp.setPaused(client, false, () => {});

  return {
    receive(/** @type {any} */ { slice, ...amounts }) {
      const meter = new Meter(amounts);
      return serve(
        meter,
        (client) => tcp.update(client, { bufferSize: slice }, () => resume(client)),
        ({ data }) => meter.add(data.byteLength),
      );
    },

    send(/** @type {any} */ { size, inFlight, ...amounts }) {
      const meter = new Meter(amounts);
      const { buffer } = new Uint8Array(size).fill(120);
      return serve(meter, (client) => {
        let left = amounts.total / size;
        const next = () => {
          left -= 1;
          tcp.send(client, buffer, sent);
        };
        const sent = () => {
          meter.add(size);
          if (left > 0) next();
        };
        for (let i = 0; i < inFlight; i++) next();
      });
    },

    async call(/** @type {any} */ amounts) {
      const meter = new Meter(amounts);
      const { socketId } = await call(tcp, 'create', {});
      const run = async () => {
        for (let i = 0; i < amounts.total; i++) {
          await call(tcp, 'getInfo', socketId);
          meter.add(1);
        }
      };
      return { result: run().then(() => meter.result), stop: () => call(tcp, 'close', socketId) };
    },

    echo(/** @type {any} */ amounts) {
      const meter = new Meter(amounts);
      return serve(meter, resume, ({ socketId, data }) => {
        tcp.send(socketId, data, () => void chrome.runtime.lastError);
        meter.add(1);
      });
    },

    rounds(/** @type {any} */ { sockets, ...amounts }) {
      const meter = new Meter(amounts);
      const byte = new ArrayBuffer(1);
      /** The first client. A byte on it asks for a round. @type {number | undefined} */
      let control;
      let accepted = 0;
      let seen = 0;
      const ask = () => tcp.send(control, byte, () => void chrome.runtime.lastError);
      return serve(
        meter,
        (client) => {
          control ??= client;
          accepted += 1;
          tcp.setPaused(client, false, accepted === sockets + 1 ? ask : () => {});
        },
        () => {
          seen += 1;
          if (seen % sockets !== 0) return;
          meter.add(sockets);
          ask();
        },
      );
    },

    visits(/** @type {any} */ amounts) {
      const meter = new Meter(amounts);
      return serve(meter, resume, ({ socketId, data }) => {
        tcp.send(socketId, data, () => tcp.close(socketId, () => meter.add(1)));
      });
    },
  };
}
