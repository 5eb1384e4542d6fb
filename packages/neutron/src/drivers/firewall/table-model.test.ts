import assert from 'node:assert/strict';
import { it } from 'node:test';
import { changes, type TableModel } from './table-model.ts';

const model = (chains: Record<string, string[]>, elements: Record<string, string>): TableModel => ({
  table: 'bridge t',
  chains: new Map(Object.entries(chains).map(([name, rules]) => [name, { rules }])),
  sets: new Map([
    ['m', { kind: 'map', shared: true, spec: 'type ifname : verdict', elements: new Map(Object.entries(elements)) }],
  ]),
});

it('writes the difference only, and frees a chain before it deletes it', () => {
  const before = model({ a: ['drop'], b: ['drop'] }, { x: 'x : jump a', y: 'y : jump b' });
  const after = model({ b: ['accept'], c: ['drop'] }, { y: 'y : jump b', z: 'z : jump c' });
  assert.deepEqual(changes(after, before), [
    'add chain bridge t c',
    'flush chain bridge t b',
    'add rule bridge t b accept',
    'flush chain bridge t c',
    'add rule bridge t c drop',
    'delete element bridge t m { x }',
    'add element bridge t m { z : jump c }',
    'flush chain bridge t a',
    'delete chain bridge t a',
  ]);
  assert.deepEqual(changes(after, after), []);
});

it('takes nothing from a shared set that it does not know', () => {
  const lines = changes(model({}, { x: 'x : jump a' }));
  assert.deepEqual(
    lines.filter((line) => /^(flush|delete)/.test(line)),
    [],
  );
});
