/** Chrome's event objects. */

/**
 * What an app sees of an event.
 *
 * @template T
 * @typedef {object} PublicEvent
 * @property {(listener: (info: T) => void) => void} addListener
 * @property {(listener: (info: T) => void) => void} removeListener
 * @property {(listener: (info: T) => void) => boolean} hasListener
 * @property {() => boolean} hasListeners
 */

/**
 * An event and the handle that fires it. They are two objects, so that an app cannot fire events.
 */
export class EventSource {
  // The list is replaced, never changed: a dispatch goes on with the list that it began with.
  /** @type {readonly ((info: any) => void)[]} */
  #list = [];
  #changed;

  /** @param {(some: boolean) => void} changed Called when the first listener has come, and when the last has gone. */
  constructor(changed = () => {}) {
    this.#changed = changed;
  }

  get #listeners() {
    return this.#list;
  }

  set #listeners(list) {
    const had = this.hasListeners;
    this.#list = list;
    if (this.hasListeners !== had) this.#changed(!had);
  }

  /** @type {PublicEvent<any>} */
  event = {
    addListener: (listener, /** @type {unknown[]} */ ...filters) => {
      // Chrome takes anything here without a word.
      if (typeof listener !== 'function') return;
      if (filters.length > 0) throw new TypeError('This event does not support filters');
      if (!this.#listeners.includes(listener)) this.#listeners = [...this.#listeners, listener];
    },
    removeListener: (listener) => {
      this.#listeners = this.#listeners.filter((known) => known !== listener);
    },
    hasListener: (/** @type {unknown[]} */ ...args) => {
      const [listener] = args;
      // The one method of an event that checks what it is given, and the text says it no better for most.
      if (args.length === 0) throw new TypeError('Insufficient number of arguments.');
      if (typeof listener !== 'function') {
        const told = typeof listener === 'string' || listener === undefined || listener === null ? listener : '';
        throw new TypeError(`Error processing argument at index 0, conversion failure from ${told}`);
      }
      return this.#listeners.includes(/** @type {(info: any) => void} */ (listener));
    },
    hasListeners: () => this.#listeners.length > 0,
  };

  get hasListeners() {
    return this.#listeners.length > 0;
  }

  /**
   * Calls every listener with the same object. One that throws is reported and stops no other.
   *
   * @param {unknown} info
   */
  fire(info) {
    for (const listener of this.#listeners) {
      try {
        listener(info);
      } catch (error) {
        console.error('Error in event handler:', error);
      }
    }
  }
}
