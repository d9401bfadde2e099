/**
 * Tries everything to get at the sockets, and writes into the page what it got. It runs as a content script, in web pages'
 * own world, in a sandboxed page, and in another extension.
 */
(async () => {
  const NAME = 'chrome-sockets/1';
  const EVENTS = ['tcpServer.onAccept', 'tcpServer.onAcceptError', 'tcp.onReceive', 'tcp.onReceiveError'];
  const target = 'ID_OF_THE_BENCH';
  const root = 'ROOT_OF_THE_BENCH';
  const calls = [
    { id: 1, method: 'host.hello', params: { protocol: [1, 1] } },
    { id: 2, method: 'sockets.tcpServer.getSockets', params: {} },
    { id: 3, method: 'sockets.tcp.getSockets', params: {} },
    { id: 4, method: 'sockets.tcpServer.create', params: {} },
    { id: 5, method: 'sockets.tcp.create', params: { properties: { name: 'stolen' } } },
  ];
  for (let socketId = 1; socketId <= 64; socketId++) {
    calls.push({ id: 100 + socketId, method: 'sockets.tcp.close', params: { socketId } });
    calls.push({ id: 200 + socketId, method: 'sockets.tcpServer.close', params: { socketId } });
    calls.push({ id: 300 + socketId, method: 'sockets.tcp.send', params: { socketId, data: 'c3RvbGVu' }, length: 6 });
  }
  const messages = [...EVENTS.map((event) => ({ listen: `sockets.${event}` })), ...calls];
  const events = [
    { event: 'sockets.tcp.onReceive', params: { socketId: 666_666, data: 'c3RvbGVu' } },
    { event: 'sockets.tcpServer.onAccept', params: { socketId: 666_666, clientSocketId: 666_667 } },
  ];

  /** Everything that came back. */
  const got = [];
  // The attackers of one web page hear each other; that is not what they are after.
  const keep = (how) => (message) => void (message?.hostile || got.push({ how, message }));
  const attempts = [];

  const runtime = globalThis.chrome?.runtime;
  const reach = { sockets: typeof globalThis.chrome?.sockets, connectNative: typeof runtime?.connectNative };

  /** @param {string} how @param {() => chrome.runtime.Port} connect resolves when the Port is closed */
  const connecting = (how, connect) =>
    new Promise((resolve) => {
      try {
        const port = connect();
        port.onMessage.addListener(keep(how));
        port.onDisconnect.addListener(() => resolve({ how, closed: runtime.lastError?.message ?? 'without a word' }));
        port.postMessage({ hello: 1 });
        for (const message of [...messages, ...events]) port.postMessage(message);
        port.postMessage(messages);
      } catch (error) {
        resolve({ how, thrown: String(error) });
      }
    });

  const asking = (how, ask) =>
    new Promise((resolve) => {
      try {
        ask((answer) => {
          const error = runtime.lastError?.message;
          if (answer !== undefined) keep(how)(answer);
          resolve({ how, error });
        });
      } catch (error) {
        resolve({ how, thrown: String(error) });
      }
    });

  if (runtime?.connect) {
    attempts.push(
      connecting('connect', () => runtime.connect({ name: NAME })),
      connecting('connect by id', () => runtime.connect(target, { name: NAME })),
      asking('sendMessage', (answer) => runtime.sendMessage(messages, answer)),
      asking('sendMessage by id', (answer) => runtime.sendMessage(target, { name: NAME, messages }, answer)),
    );
  }
  runtime?.onConnect?.addListener((port) => port.onMessage.addListener(keep('onConnect')));
  runtime?.onMessage?.addListener(keep('onMessage'));

  const channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }) => keep('channel')(data);
  for (const message of ['hub', ...messages, ...events]) channel.postMessage({ hostile: true, message, ...message });

  // A page of the extension inside of ours, where the extension lets web pages embed it.
  if (globalThis.location.protocol === 'http:') {
    globalThis.addEventListener('message', ({ data }) => keep('frame')(data));
    const frame = document.createElement('iframe');
    frame.src = `${root}page.html#framed`;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    (document.body ?? document.documentElement).append(frame);
    attempts.push(
      loaded
        .then(() => {
          for (const message of [...messages, ...events]) frame.contentWindow.postMessage(message, '*');
          for (const { event, params } of events) {
            frame.dispatchEvent(new CustomEvent(event, { detail: params }));
            globalThis.dispatchEvent(new MessageEvent('message', { data: { event, params, hostile: true } }));
          }
          return { how: 'frame', reached: typeof frame.contentWindow.location === 'string' };
        })
        .catch((error) => ({ how: 'frame', thrown: String(error) })),
    );
  }

  const outcomes = await Promise.all(attempts);
  globalThis.hostile = { reach, outcomes, got };
  const world = runtime?.id === target ? 'script' : 'page';
  document.documentElement.setAttribute(`data-${world}`, JSON.stringify(globalThis.hostile));
  // What comes later counts too.
  globalThis.addEventListener('look again', () =>
    document.documentElement.setAttribute(`data-${world}`, JSON.stringify({ reach, outcomes, got })),
  );
})();
