import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEnabled } from './enabled.ts';

const plain = { attribute: 'enabled', invert: false, mask: 0, initial: 'True' };

test('OSSA-2026-007: enabled is read in every spelling, and what cannot be read is disabled', () => {
  for (const yes of ['TRUE', 'true', 'True', 'tRuE', '1', '512', 'yes']) assert.ok(readEnabled(yes, plain), yes);
  for (const no of ['FALSE', 'false', 'False', 'fAlSe', '0', 'no', '', 'locked', '\u0000'])
    assert.ok(!readEnabled(no, plain), no);
  assert.ok(readEnabled(undefined, plain));
  assert.ok(!readEnabled(undefined, { ...plain, initial: 'False' }));
});

test('OSSA-2026-007: a lock is read the other way round, and an unreadable lock locks', () => {
  const lock = { ...plain, invert: true, initial: 'False' };
  for (const locked of ['TRUE', 'true', 'True', '1', 'garbage']) assert.ok(!readEnabled(locked, lock), locked);
  for (const open of ['FALSE', 'false', 'False', '0']) assert.ok(readEnabled(open, lock), open);
  assert.ok(readEnabled(undefined, lock));
});

test('bits of userAccountControl', () => {
  const bits = { ...plain, mask: 2, initial: '512', invert: true };
  assert.ok(readEnabled('512', bits));
  assert.ok(!readEnabled('514', bits));
  assert.ok(readEnabled('66048', bits));
  assert.ok(!readEnabled('66050', bits));
  assert.ok(readEnabled(undefined, bits));
  assert.ok(!readEnabled('TRUE', bits));
});
