/**
 * @typedef {object} Scenario
 * @property {string} name unique, with the assertions of docs/chromium-sockets.md that it meets
 * @property {(t: import('../stage.js').Stage) => Promise<void>} run the same for both sides
 * @property {Record<string, true | string[]>} accepts the rows of decisions that it meets, see accepted.js
 * @property {'wide' | 'narrow' | 'alone'} kind what the extension may do; alone for what can end its process
 */

/**
 * @param {string} name
 * @param {Scenario['run']} run
 * @param {{accepts?: Scenario['accepts'], kind?: Scenario['kind']}} [options]
 * @returns {Scenario}
 */
export const scenario = (name, run, { accepts = {}, kind = 'wide' } = {}) => ({ name, run, accepts, kind });
