import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { KeystoneConfig } from '../config.ts';
import { PasswordHasher } from '../passwords/password-hasher.ts';
import { ApplicationCredentialSecrets } from './application-credential-secrets.ts';

const { passwords } = Value.Parse(KeystoneConfig, Value.Default(KeystoneConfig, {}));

function setUp() {
  const hasher = new PasswordHasher(passwords);
  return { hasher, secrets: new ApplicationCredentialSecrets(hasher) };
}

async function msOf(times: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (let at = 0; at < times; at++) await work();
  return (performance.now() - started) / times;
}

test('a made secret is right, every other is wrong', async () => {
  const { secrets } = setUp();
  const { secret, hash } = secrets.generate();
  const owner = { id: 'c1', secretHash: hash };
  assert.equal(Buffer.from(secret, 'base64url').length, 64);
  assert.ok(!hash.includes(secret));
  assert.equal(await secrets.verify(secret, owner), true);
  for (const wrong of ['', secret.slice(1), `${secret}=`, hash])
    assert.equal(await secrets.verify(wrong, owner), false);
  assert.equal(await secrets.verify(secret, undefined), false);
  assert.notEqual(secrets.generate().secret, secret);
});

test('a chosen secret is stored as a password is, and known for its owner and hash alone', async () => {
  const { secrets } = setUp();
  const owner = { id: 'c1', secretHash: await secrets.hash('weak') };
  assert.match(owner.secretHash, /^\$argon2id\$/);
  for (let turn = 0; turn < 2; turn++) {
    assert.equal(await secrets.verify('weak', owner), true);
    assert.equal(await secrets.verify('week', owner), false);
  }
  // A new secret under the same id: the old one is forgotten with its hash.
  const changed = { ...owner, secretHash: await secrets.hash('other') };
  assert.equal(await secrets.verify('weak', changed), false);
  assert.equal(await secrets.verify('other', changed), true);
  assert.equal(await secrets.verify('weak', { ...owner, id: 'c2', secretHash: changed.secretHash }), false);
});

test('what is right is cheap the second time; what is wrong costs a password hash, whatever is wrong', async () => {
  const { secrets, hasher } = setUp();
  const hash = await hasher.hash('x');
  const full = await msOf(5, () => hasher.verify('y', hash));
  const made = secrets.generate();
  const owners = [
    { owner: { id: 'made', secretHash: made.hash }, secret: made.secret },
    { owner: { id: 'chosen', secretHash: await secrets.hash('weak') }, secret: 'weak' },
  ];
  for (const { owner, secret } of owners) {
    await secrets.verify(secret, owner);
    assert.ok((await msOf(100, () => secrets.verify(secret, owner))) < full / 10, owner.id);
    assert.ok((await msOf(5, () => secrets.verify('wrong', owner))) > full / 3, owner.id);
  }
  assert.ok((await msOf(5, () => secrets.verify('wrong', undefined))) > full / 3);
});

test('a known secret is hashed again after five minutes', async (t) => {
  const { secrets } = setUp();
  const owner = { id: 'c1', secretHash: await secrets.hash('weak') };
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  await secrets.verify('weak', owner);
  const known = await msOf(5, () => secrets.verify('weak', owner));
  t.mock.timers.tick(300_001);
  const again = await msOf(1, () => secrets.verify('weak', owner));
  assert.ok(again > known * 5, `${again} ms after ${known} ms`);
});
