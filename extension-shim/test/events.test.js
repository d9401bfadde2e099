import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventSource } from '../src/api/event.js';
import { silence } from '../testing/fake-host.js';

test('addListener takes anything without a word, and only functions listen', () => {
  const { event } = new EventSource();
  for (const listener of [undefined, null, 5, {}]) event.addListener(listener);
  assert.equal(event.hasListeners(), false);
});

test('hasListener is asked with a function, and there are no filters', () => {
  const { event } = new EventSource();
  const from = 'Error processing argument at index 0, conversion failure from ';
  for (const [args, message] of [
    [[], 'Insufficient number of arguments.'],
    [[undefined], `${from}undefined`],
    [[null], `${from}null`],
    [['x'], `${from}x`],
    [[5], from],
    [[{}], from],
  ]) {
    assert.throws(() => event.hasListener(...args), { name: 'TypeError', message });
  }
  const listener = () => {};
  for (const filter of [{}, undefined]) {
    assert.throws(() => event.addListener(listener, filter), {
      name: 'TypeError',
      message: 'This event does not support filters',
    });
  }
  assert.equal(event.hasListener(listener), false);
});

test('the same function is registered once', () => {
  const source = new EventSource();
  let calls = 0;
  const listener = () => {
    calls += 1;
  };
  source.event.addListener(listener);
  source.event.addListener(listener);
  source.fire({});
  assert.equal(calls, 1);
  assert.equal(source.event.hasListener(listener), true);
  source.event.removeListener(listener);
  assert.equal(source.event.hasListener(listener), false);
  assert.equal(source.event.hasListeners(), false);
});

test('a listener that throws is reported and stops no other; all get the same object', (t) => {
  const lines = silence(t, 'error');
  const source = new EventSource();
  const seen = [];
  source.event.addListener((info) => {
    info.touched = true;
    throw new Error('mine');
  });
  source.event.addListener((info) => seen.push(info));
  const info = {};
  source.fire(info);
  assert.equal(seen[0], info);
  assert.equal(info.touched, true);
  assert.deepEqual(lines, ['Error in event handler: Error: mine']);
});

test('listeners added or removed while an event is dispatched count from the next one on', () => {
  const source = new EventSource();
  const seen = [];
  const late = () => seen.push('late');
  const gone = () => seen.push('gone');
  source.event.addListener(() => {
    source.event.addListener(late);
    source.event.removeListener(gone);
  });
  source.event.addListener(gone);
  source.fire({});
  assert.deepEqual(seen, ['gone']);
  source.fire({});
  assert.deepEqual(seen, ['gone', 'late']);
});

test('an app cannot fire an event', () => {
  assert.deepEqual(Object.keys(new EventSource().event), [
    'addListener',
    'removeListener',
    'hasListener',
    'hasListeners',
  ]);
});
