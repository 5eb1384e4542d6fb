import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import type { TokenScope } from './token-claims.ts';
import { packClaims, readPayload, unpackClaims } from './token-payload.ts';

const HEX = '0123456789abcdef0123456789abcdef';
const claims = (scope: TokenScope, userId = HEX) => ({
  userId,
  methods: ['token', 'password'],
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

test('trusts and application credentials: their own layouts, as Keystone’s', () => {
  const scope: TokenScope = { kind: 'project', projectId: HEX };
  const id = `92c3c410${HEX}`;
  const end = 'cb41dac0c46000000092c410000102030405060708090a0b0c0d0e0fc4100f0e0d0c0b0a09080706050403020100';
  const trust = { ...claims(scope), trustId: HEX };
  assert.deepEqual(unpackClaims(packClaims(trust)), trust);
  assert.equal(packClaims(trust).toString('hex'), `9703${id}06${id}${end}c410${HEX}`);
  const made = { ...claims(scope), methods: ['application_credential'], applicationCredentialId: HEX };
  assert.deepEqual(unpackClaims(packClaims(made)), made);
  assert.equal(packClaims(made).toString('hex'), `9709${id}20${id}${end}${id}`);
});

test('layouts of federation and OAuth are recognised and refused', () => {
  const id = [true, Buffer.from(HEX, 'hex')];
  const end = [1_795_363_200.5, [Buffer.alloc(16)]];
  const federated = [[id], [false, 'idp'], 'saml2'];
  const payloads: [string, unknown[]][] = [
    ['federated_unscoped', [4, id, 16, ...federated, ...end]],
    ['federated_project', [5, id, 16, id, ...federated, ...end]],
    ['federated_domain', [6, id, 16, id, ...federated, ...end]],
    ['oauth1', [7, id, 8, id, id, ...end]],
    ['oauth2_mtls', [10, id, 0, id, [false, null], ...end, [false, 'thumb']]],
  ];
  for (const [kind, payload] of payloads) {
    assert.equal(readPayload(encode(payload))?.layout.kind, kind);
    assert.equal(unpackClaims(encode(payload)), undefined, kind);
  }
});

test('a method’s bit is its place in the configuration', () => {
  const scope: TokenScope = { kind: 'unscoped' };
  const configured = ['token', 'totp', 'password'];
  const packed = packClaims({ ...claims(scope), methods: ['password', 'totp', 'ec2credential'] }, configured);
  assert.deepEqual(unpackClaims(packed, configured)?.methods, ['password', 'totp']);
});

test('anything else is no payload', () => {
  const bad = [[], [0], [7, [true, Buffer.alloc(16)], 2, 1, []], 'text', { a: 1 }, [2, 'x', 2, 'y', 1, ['a']]];
  for (const wrong of bad) assert.equal(unpackClaims(encode(wrong)), undefined, JSON.stringify(wrong));
  assert.equal(unpackClaims(Buffer.from([0xc1])), undefined);
  assert.equal(unpackClaims(Buffer.alloc(0)), undefined);
});
