/** Packs messages into frames: large enough to be worth a post, small enough not to block the lane. */

// Payload of a full chunk plus some small messages. What a message costs beside its payload is an estimate; it also keeps
// the number of messages far below what the host takes in one array.
const LIMIT = 96 * 1024;
const ENVELOPE = 128;

/**
 * @typedef {object} Transport A way to the host. Its owner sets the two handlers.
 * @property {(message: unknown) => void} post Sends one frame: a message or an array of messages. May throw.
 * @property {(frame: unknown) => void} onmessage Called with each frame of the host.
 * @property {(reason: string) => void} onclose Called once when the other side is gone, with a text for people.
 * @property {string} [lastWords] Why the host says that it will end; a part of the text then.
 * @property {() => void} close Ends it from this side; `onclose` is not called.
 */

export class FrameWriter {
  /** @type {object[]} */
  #messages = [];
  #weight = 0;
  #transport;
  #failed;

  /**
   * @param {Transport} transport
   * @param {(message: any, reason: string) => void} failed Called for each message that cannot be posted.
   */
  constructor(transport, failed) {
    this.#transport = transport;
    this.#failed = failed;
  }

  /**
   * @param {object} message
   * @param {number} payload Size of its payload in bytes.
   */
  add(message, payload) {
    const weight = payload + ENVELOPE;
    if (this.#weight + weight > LIMIT) this.end();
    this.#messages.push(message);
    this.#weight += weight;
  }

  /** Posts what has been collected. */
  end() {
    const messages = this.#messages;
    this.#messages = [];
    this.#weight = 0;
    if (messages.length > 0) this.#post(messages);
  }

  /** @param {object[]} messages */
  #post(messages) {
    try {
      this.#transport.post(messages.length === 1 ? messages[0] : messages);
    } catch (error) {
      if (messages.length === 1) {
        this.#failed(messages[0], error instanceof Error ? error.message : String(error));
      } else {
        // One message too many or too large must not take the others with it.
        for (const message of messages) this.#post([message]);
      }
    }
  }
}
