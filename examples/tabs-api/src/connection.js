import { HttpError, RequestParser } from './http/parser.js';
import { errorResponse, goOn, serialize } from './http/response.js';
import { call, closeQuietly } from './sockets.js';

/**
 * @typedef {object} Handler what the connection asks about each request
 * @property {(request: import('./http/parser.js').Request) => void} check throws an HttpError when the headers alone
 *   are reason enough to refuse
 * @property {(request: import('./http/parser.js').Request) => Promise<import('./http/response.js').Response>} answer
 */

/**
 * One client. Requests are read and answered one at a time; what else arrives waits as bytes, and when that is much the
 * socket is paused, which lets TCP hold the client back.
 */
export class Connection {
  requests = 0;
  since = new Date();
  peer = '';

  #socketId;
  #handler;
  #limits;
  #onClose;
  #parser;
  /** @type {Uint8Array[]} bytes that have arrived and have not been parsed */
  #waiting = [];
  #waitingBytes = 0;
  #paused = false;
  #busy = false;
  /** @type {HttpError | null} why the request that is being read will be refused */
  #refusal = null;
  /** @type {'idle' | 'request' | 'answer' | 'linger' | 'closed'} */
  #phase = 'idle';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {number} socketId
   * @param {Handler} handler
   * @param {import('./limits.js').Limits} limits
   * @param {() => void} onClose
   */
  constructor(socketId, handler, limits, onClose) {
    this.#socketId = socketId;
    this.#handler = handler;
    this.#limits = limits;
    this.#onClose = onClose;
    this.#parser = new RequestParser(limits, (request) => this.#head(request));
    this.#startTimer();
  }

  /** @param {ArrayBuffer} data */
  receive(data) {
    // After a refusal the rest of the request is of no interest.
    if (this.#phase === 'linger' || this.#phase === 'closed') return;
    this.#waiting.push(new Uint8Array(data));
    this.#waitingBytes += data.byteLength;
    if (!this.#busy) this.#work().catch(() => this.close());
    else if (this.#waitingBytes > this.#limits.backlog) this.#pause(true);
  }

  /** Ends the connection. Answers whose `send` has called back still reach the client. */
  close() {
    if (this.#phase === 'closed') return;
    this.#enter('closed');
    this.#parser.free();
    this.#waiting = [];
    closeQuietly('tcp', this.#socketId);
    this.#onClose();
  }

  async #work() {
    this.#busy = true;
    while (this.#waiting.length > 0 && this.#isOpen()) {
      let request = null;
      try {
        request = this.#parse();
      } catch (error) {
        await this.#refuse(/** @type {HttpError} */ (error));
        return;
      }
      if (request) await this.#answer(request);
      else this.#enter(this.#parser.begun ? 'request' : 'idle');
    }
    this.#busy = false;
    if (!this.#isOpen()) return;
    if (this.#phase === 'answer') this.#enter('idle');
    this.#pause(false);
  }

  /** Feeds the parser with the oldest bytes, at most as far as the end of one request. */
  #parse() {
    const bytes = this.#waiting[0];
    const { consumed, request } = this.#parser.push(bytes);
    this.#waitingBytes -= consumed;
    if (consumed < bytes.length) this.#waiting[0] = bytes.subarray(consumed);
    else this.#waiting.shift();
    return request;
  }

  /** @param {import('./http/parser.js').Request} request all of it but its body */
  #head(request) {
    const expect = request.headers.get('expect')?.join();
    if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new HttpError(417, 'Only 100-continue can be expected.');
    }
    this.#refusal = null;
    try {
      this.#handler.check(request);
    } catch (error) {
      // A client that waits for leave to send its body may send it or not after a refusal: only closing is safe.
      if (expect || !(error instanceof HttpError)) throw error;
      this.#refusal = error;
    }
    if (expect && request.minor > 0) this.#send(goOn()).catch(() => this.close());
  }

  /** @param {import('./http/parser.js').Request} request */
  async #answer(request) {
    this.requests += 1;
    this.#enter('answer');
    const response = this.#refusal ? errorResponse(this.#refusal) : await this.#ask(request);
    this.#startTimer();
    await this.#send(serialize(response, { head: request.method === 'HEAD', keepAlive: request.keepAlive }));
    if (!request.keepAlive) this.close();
  }

  /** @param {import('./http/parser.js').Request} request */
  async #ask(request) {
    try {
      return await this.#handler.answer(request);
    } catch (error) {
      if (error instanceof HttpError) return errorResponse(error);
      console.error(error);
      return errorResponse(new HttpError(500, 'Something went wrong.'));
    }
  }

  /**
   * Answers a request that has not been read to its end, and cannot be. Closing at once would make the kernel reset the
   * connection under a client that is still sending, which then may not see the answer.
   *
   * @param {HttpError} error
   */
  async #refuse(error) {
    this.requests += 1;
    this.#waiting = [];
    this.#enter('linger');
    this.#pause(false);
    await this.#send(serialize(errorResponse(error), { head: false, keepAlive: false }));
  }

  /** @param {ArrayBuffer} bytes */
  #send(bytes) {
    return call('tcp', 'send', this.#socketId, bytes);
  }

  /** @param {boolean} paused */
  #pause(paused) {
    if (this.#paused === paused) return;
    this.#paused = paused;
    call('tcp', 'setPaused', this.#socketId, paused).catch(() => this.close());
  }

  #isOpen() {
    return this.#phase !== 'closed';
  }

  /** @param {'idle' | 'request' | 'answer' | 'linger' | 'closed'} phase */
  #enter(phase) {
    if (this.#phase === phase || this.#phase === 'closed') return;
    this.#phase = phase;
    this.#startTimer();
  }

  /** Gives the phase its time; an answer gets it once to be made and once more to be taken. */
  #startTimer() {
    clearTimeout(this.#timer);
    const { idleMs, requestMs, sendMs, lingerMs } = this.#limits;
    const ms = { idle: idleMs, request: requestMs, answer: sendMs, linger: lingerMs, closed: undefined }[this.#phase];
    if (ms !== undefined) this.#timer = setTimeout(() => this.#expire(), ms);
  }

  #expire() {
    if (this.#phase !== 'request') this.close();
    else this.#refuse(new HttpError(408, 'The request took too long.')).catch(() => this.close());
  }
}
