import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import type { TokenScope } from './token-claims.ts';
import { packClaims, unpackClaims } from './token-payload.ts';

const HEX = '0123456789abcdef0123456789abcdef';
const claims = (scope: TokenScope, userId = HEX) => ({
  userId,
  methods: ['password', 'token'],
  scope,
  expiresAt: 1_795_363_200,
  auditIds: ['AAECAwQFBgcICQoLDA0ODw', 'Dw4NDAsKCQgHBgUEAwIBAA'],
});

test('what is packed comes out again, for each scope and both kinds of id', () => {
  const scopes: TokenScope[] = [
    { kind: 'unscoped' },
    { kind: 'project', projectId: HEX },
    { kind: 'project', projectId: 'not-hexadecimal' },
    { kind: 'domain', domainId: 'default' },
    { kind: 'domain', domainId: HEX },
    { kind: 'system' },
  ];
  for (const scope of scopes)
    for (const userId of [HEX, 'a-user-of-ldap']) {
      const wanted = claims(scope, userId);
      assert.deepEqual(unpackClaims(packClaims(wanted)), wanted);
    }
});

test('the bytes are Keystone’s layout', () => {
  // 96 = array of six, 02 = project payload, 92 c3 c4 10 = [true, 16 bytes], 06 = password | token, cb = float64.
  const hex = packClaims(claims({ kind: 'project', projectId: HEX })).toString('hex');
  const id = `92c3c410${HEX}`;
  const audits = '92c410000102030405060708090a0b0c0d0e0fc4100f0e0d0c0b0a09080706050403020100';
  assert.equal(hex, `9602${id}06${id}cb41dac0c460000000${audits}`);
});

test('anything else is no payload', () => {
  const bad = [[], [0], [7, [true, Buffer.alloc(16)], 2, 1, []], 'text', { a: 1 }, [2, 'x', 2, 'y', 1, ['a']]];
  for (const wrong of bad) assert.equal(unpackClaims(encode(wrong)), undefined, JSON.stringify(wrong));
  assert.equal(unpackClaims(Buffer.from([0xc1])), undefined);
  assert.equal(unpackClaims(Buffer.alloc(0)), undefined);
});
