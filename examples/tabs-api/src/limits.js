/**
 * How much one client may ask of the server. Nothing a client does may make memory grow without a bound or hold a
 * connection for ever; times are in milliseconds, sizes in bytes.
 */
export const defaultLimits = {
  /** Connections at once; one more is told 503 and closed. */
  connections: 256,
  /** Request target. Longer ones get 414. */
  target: 8 * 1024,
  /** Names and values of all headers, the target included. More gets 431. */
  headers: 16 * 1024,
  /** Number of headers. More get 431. */
  headerCount: 100,
  /** Request body, which is read and thrown away. A longer one gets 413. */
  body: 2 * 1024 * 1024,
  /** Bytes that may wait while a request is answered; with more, the socket is paused and TCP holds the client back. */
  backlog: 64 * 1024,
  /** A connection on which no request has begun is closed. */
  idleMs: 30_000,
  /** A request that has begun must be complete by then, or it gets 408. */
  requestMs: 60_000,
  /** A client that does not take its answer is dropped. */
  sendMs: 30_000,
  /** After a refusal the rest of the request is read and thrown away this long, so that the client sees the answer. */
  lingerMs: 1_000,
};

/** @typedef {typeof defaultLimits} Limits */
