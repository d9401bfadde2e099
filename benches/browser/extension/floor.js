// The floor in a browser: a port to a host that writes ready frames, and the least that JavaScript has to do with them. Frames
// are as large as the shim's and its host's, and hold as much, so that what differs is our work.
import { FrameWriter } from './chrome-sockets/hub/frame.js';
import { Meter } from './meter.js';

/**
 * @param {string} mode what the host is to do
 * @param {Meter} meter
 * @param {(messages: any[], post: (message: object, payload: number) => void) => void} take
 */
function open(mode, meter, take) {
  const port = chrome.runtime.connectNative('org.chrome_sockets.bench_floor');
  const writer = new FrameWriter(
    { post: (message) => port.postMessage(message), onmessage: () => {}, onclose: () => {}, close: () => {} },
    (_, reason) => console.error(reason),
  );
  const post = writer.add.bind(writer);
  const { promise: ended, reject } = Promise.withResolvers();
  port.onDisconnect.addListener(() => reject(new Error(`the floor: ${chrome.runtime.lastError?.message}`)));
  port.onMessage.addListener((frame) => {
    take(Array.isArray(frame) ? frame : [frame], post);
    writer.end();
  });
  port.postMessage(mode);
  return {
    post,
    flush: () => writer.end(),
    result: Promise.race([meter.result, ended]),
    stop: () => port.disconnect(),
  };
}

const send = (/** @type {Uint8Array} */ bytes) => ({
  id: 100000000,
  method: 'sockets.tcp.send',
  params: { socketId: 2, data: bytes.toBase64() },
});

export const floor = {
  receive(/** @type {any} */ { slice, ...amounts }) {
    const meter = new Meter(amounts);
    // What a listener does.
    const received = (/** @type {any} */ { data }) => meter.add(data.byteLength);
    return open(`flood ${Math.ceil(amounts.total / 65536)} ${slice}`, meter, (messages) => {
      for (const { params, slice = 4096 } of messages) {
        const { buffer } = Uint8Array.fromBase64(params.data);
        if (buffer.byteLength <= slice) received({ socketId: params.socketId, data: buffer });
        else {
          for (let at = 0; at < buffer.byteLength; at += slice) {
            received({ socketId: params.socketId, data: buffer.slice(at, at + slice) });
          }
        }
      }
    });
  },

  send(/** @type {any} */ { size, inFlight, ...amounts }) {
    const meter = new Meter(amounts);
    const data = new Uint8Array(size).fill(120);
    let left = amounts.total / size;
    const port = open('answer', meter, (messages, post) => {
      for (const _ of messages) {
        meter.add(size);
        left -= 1;
        if (left >= 0) post(send(data), size);
      }
    });
    for (let i = 0; i < inFlight; i++, left--) port.post(send(data), size);
    port.flush();
    return port;
  },

  call(/** @type {any} */ amounts) {
    const meter = new Meter(amounts);
    /** @type {(message: any) => void} */
    let answer = () => {};
    const port = open('answer', meter, ([message]) => answer(message));
    const run = async () => {
      for (let id = 0; id < amounts.total; id++) {
        await new Promise((resolve) => {
          answer = resolve;
          port.post({ id, method: 'sockets.tcp.getInfo', params: { socketId: 2 } }, 0);
          port.flush();
        });
        meter.add(1);
      }
    };
    run();
    return port;
  },

  echo(/** @type {any} */ { sockets, bytes, ...amounts }) {
    const meter = new Meter(amounts);
    return open(`echo ${sockets} ${bytes}`, meter, (messages, post) => {
      for (const { event, params } of messages) {
        if (!event) continue;
        post(send(Uint8Array.fromBase64(params.data)), bytes);
        meter.add(1);
      }
    });
  },

  rounds(/** @type {any} */ { sockets, bytes, ...amounts }) {
    const meter = new Meter(amounts);
    let seen = 0;
    const received = () => {
      seen += 1;
    };
    return open(`rounds ${sockets} ${bytes}`, meter, (messages, post) => {
      for (const { event, params } of messages) {
        if (event) received({ socketId: params.socketId, data: Uint8Array.fromBase64(params.data).buffer });
      }
      if (seen < sockets) return;
      seen = 0;
      meter.add(sockets);
      post(send(new Uint8Array(1)), 1);
    });
  },
};
