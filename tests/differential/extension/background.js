// Runs one scenario at a time, on Chromium's own chrome.sockets or on the shim, and tells the trace.
import { Barrier } from './barrier.js';
// @ts-expect-error The shim's source is put beside this file.
import * as shim from './chrome-sockets/index.js';
import { Peers } from './peers.js';
import { scenarios } from './scenarios/index.js';
import { Stage } from './stage.js';

/** @type {Record<string, any>} */
const contenders = { native: chrome.sockets, shim: shim.sockets };

/** Questions to the test's process that wait for an answer. @type {Map<number, (answer: unknown) => void>} */
const questions = new Map();
let asked = 0;

const peers = new Peers((what, ...args) => {
  asked += 1;
  // The test gives the worker this function.
  /** @type {any} */ (globalThis).askPeers(JSON.stringify({ question: asked, what, args }));
  return new Promise((resolve) => questions.set(asked, resolve));
});

/** @type {Record<string, Barrier>} */
const barriers = {};

/** @type {Stage | undefined} */
let stage;

Object.assign(globalThis, {
  differential: {
    /**
     * @param {number} question
     * @param {unknown} answer
     */
    answer(question, answer) {
      questions.get(question)?.(answer);
      questions.delete(question);
    },

    /**
     * @param {string} name
     * @param {'native' | 'shim'} contender
     * @param {boolean} again whether there is another scenario after this one
     */
    async run(name, contender, again) {
      const scenario = scenarios.find((each) => each.name === name);
      if (!scenario) throw new Error(`There is no scenario ${name}.`);
      // One that has not come to its end still listens.
      stage?.leave();
      const sockets = contenders[contender];
      barriers[contender] ??= new Barrier(sockets.tcp, peers);
      stage = new Stage(sockets, peers, barriers[contender]);
      await scenario.run(stage);
      const lines = stage.lines();
      if (again) await stage.strike();
      return lines;
    },

    /** What there is of a scenario that does not come to an end. */
    soFar: () => stage?.lines(),
  },
});
