/**
 * @typedef {object} Scenario
 * @property {string} name unique, with the assertions of docs/chromium-sockets.md that it meets
 * @property {(t: import('../stage.js').Stage) => Promise<void>} run the same for both sides
 * @property {Record<string, import('../../accepted.js').Accepted>} accepts the rows of decisions that it meets, see accepted.js
 * @property {'wide' | 'narrow' | 'fatal'} kind what the extension may do; fatal for what may end its process or even the
 *   browser on Chromium's API, so that it has a browser of its own there
 */

/**
 * @param {string} name
 * @param {Scenario['run']} run
 * @param {{accepts?: Scenario['accepts'], kind?: Scenario['kind']}} [options]
 * @returns {Scenario}
 */
export const scenario = (name, run, { accepts = {}, kind = 'wide' } = {}) => ({ name, run, accepts, kind });
