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
    addListener: (listener) => {
      // Chrome takes anything here without a word.
      if (typeof listener === 'function' && !this.#listeners.includes(listener)) {
        this.#listeners = [...this.#listeners, listener];
      }
    },
    removeListener: (listener) => {
      this.#listeners = this.#listeners.filter((known) => known !== listener);
    },
    hasListener: (listener) => this.#listeners.includes(listener),
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
