/** What `kumo tempest` says of a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, type Result, readFloor } from '../../tempest/compare.ts';

const floor = readFloor('pass a.kept\npass a.lost\npass a.explained\nfail a.gained\npass a.absent\npass b.other\n');
const result = (id: string, status: Result['status'], more: Partial<Result> = {}): Result => ({
  ...{ id, status, seconds: 1 },
  ...more,
});

test('a run against the floor', () => {
  const found = compare(
    [
      result('a.kept', 'pass'),
      result('a.lost', 'fail', { error: 'boom' }),
      result('a.explained', 'fail'),
      result('a.gained', 'pass'),
      result('a.new', 'fail'),
      result('a.skipped', 'skip', { reason: 'not enabled' }),
    ],
    floor,
    [{ match: /explained/, reason: 'comes later' }],
    (id) => id.startsWith('a.'),
  );
  assert.deepEqual(found.counts, { pass: 2, fail: 3, skip: 1, cut: 0 });
  assert.deepEqual([found.floorPasses, found.floorPassesHere], [4, 1]);
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
  assert.deepEqual(ids(found.lost), ['a.lost', 'a.explained', 'a.absent']);
  assert.equal(found.lost[2]?.status, 'not run');
  assert.deepEqual(ids(found.gained), ['a.gained']);
  assert.deepEqual(ids(found.rest), ['a.new', 'a.skipped']);
  assert.deepEqual(
    ids(found.unexplained),
    ['a.lost', 'a.absent', 'a.new'],
    'what nobody gave a reason for fails the run',
  );
});
