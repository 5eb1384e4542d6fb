import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromIso, nowIso, toIso } from './time.ts';

test('times have microseconds, no zone, and sort as text', () => {
  const times = Array.from({ length: 2000 }, nowIso);
  for (const time of times) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/);
  assert.deepEqual(times.toSorted(), times);
  assert.equal(new Set(times).size, times.length);
  assert.ok(Math.abs(fromIso(times[0]!) - Date.now()) < 1000);
});

test('a moment goes there and back', () => {
  assert.equal(toIso(new Date('2026-11-22T15:00:00.123Z')), '2026-11-22T15:00:00.123000');
  assert.equal(fromIso('2026-11-22T15:00:00.123456'), Date.parse('2026-11-22T15:00:00.123Z'));
  assert.equal(fromIso('2026-11-22T15:00:00Z'), Date.parse('2026-11-22T15:00:00Z'));
  assert.ok(Number.isNaN(fromIso('yesterday')));
});
