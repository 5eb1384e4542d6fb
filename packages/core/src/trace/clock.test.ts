import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preciseNowMs } from './clock.ts';

test('stays within a millisecond of the wall clock, and tells moments apart', () => {
  const seen = new Set<number>();
  let last = 0;
  for (let i = 0; i < 2_000; i++) {
    const wallMs = Date.now();
    const nowMs = preciseNowMs();
    assert.ok(nowMs >= wallMs && nowMs < Date.now() + 1);
    assert.ok(nowMs >= last - 0.002, 'does not run back');
    last = nowMs;
    seen.add(nowMs);
  }
  assert.ok(seen.size > 500, `${seen.size} different moments`);
});
