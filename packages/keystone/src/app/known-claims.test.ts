import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TokenClaims } from '../tokens/token-claims.ts';
import { KnownClaims } from './known-claims.ts';

const claimsOf = (userId: string) => ({ userId }) as TokenClaims;

test('a token is kept from the second time on, until the keys change', () => {
  const known = new KnownClaims();
  const claims = claimsOf('a');
  assert.equal(known.find('token-a', 1), undefined);
  known.add('token-a', claims, 1);
  assert.equal(known.find('token-a', 1), undefined, 'shown once');
  known.add('token-a', claims, 1);
  assert.equal(known.find('token-a', 1), claims);
  assert.equal(known.find('token-b', 1), undefined);
  assert.equal(known.find('token-a', 2), undefined, 'read with other keys');
  assert.equal(known.find('token-a', 2), undefined);
});

test('what was read while the keys changed is not kept', () => {
  const known = new KnownClaims();
  known.find('token', 1);
  known.add('token', claimsOf('a'), 2);
  known.add('token', claimsOf('a'), 2);
  assert.equal(known.find('token', 1), undefined);
});
