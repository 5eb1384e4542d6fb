import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonErrorPosition } from './json-position.ts';

test('names the character at which a text stops being JSON', () => {
  const cases: [string, number][] = [
    ['', 0],
    ['{', 1],
    ['{"a": }', 6],
    ['{"a" 1}', 5],
    ['{"a": 1,}', 8],
    ['[1, 2', 5],
    ['[1 2]', 3],
    ['{"a": "x\ny"}', 6],
    ['{"a": tru}', 6],
    ['{"a": 01}', 6],
    ['{"a": "\\q"}', 6],
    ['[] x', 3],
    ["{'a': 1}", 1],
    ['{"a": [1, {"b": nul}]}', 16],
  ];
  for (const [text, position] of cases) {
    assert.throws(() => JSON.parse(text), `${text} is not JSON`);
    assert.equal(jsonErrorPosition(text), position, text);
  }
});

test('goes through to the end of what is JSON', () => {
  for (const text of [
    '{"a": [1, -2.5e+3, {"b": "\\u00e9\\n"}, [], {}], "c": null, "d": true}',
    ' [ ] ',
    '"x"',
    '-0.5',
  ]) {
    JSON.parse(text);
    assert.equal(jsonErrorPosition(text), text.length, text);
  }
});

test('is not slow on a megabyte', () => {
  const started = performance.now();
  assert.equal(jsonErrorPosition('['.repeat(1 << 20)), 1 << 20);
  assert.equal(jsonErrorPosition(`"${'\\n'.repeat(1 << 19)}`), 0);
  assert.ok(performance.now() - started < 2_000);
});
