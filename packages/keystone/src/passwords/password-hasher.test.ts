import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { unavailable } from '@kumo/core/errors';
import { passwordTooLong } from '../errors.ts';
import { PasswordHasher } from './password-hasher.ts';

const cheap = {
  memoryKib: 64,
  passes: 1,
  concurrency: 2,
  waiting: 100,
  waitingPerAddress: 100,
  maxLength: 4096,
  strictLength: false,
};
const real = { ...cheap, memoryKib: 19_456, passes: 2 };
/** By passlib: much more work than `cheap`. */
const BCRYPT_10 = '$2b$10$9wIhJd2VjqgjKpF6Xr/xZ.ldeTWshiSmgZBr4pTWmpt4GG4mZDfmy';

test('a password verifies against its own hash and no other', async () => {
  const hasher = new PasswordHasher(cheap);
  const [hash, again] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')]);
  assert.match(hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(hash, again);
  assert.equal(await hasher.verify('secret', hash), true);
  assert.equal(await hasher.verify('Secret', hash), false);
  for (const none of [undefined, '', 'secret', hash.slice(0, -5), hash.replace('argon2id', 'argon2d')])
    assert.equal(await hasher.verify('secret', none), false);
});

test('a hash made elsewhere with other parameters is verified with its own, and is outdated', async () => {
  // $ echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1  (RFC 9106's reference program)
  const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  const hasher = new PasswordHasher(cheap);
  assert.equal(await hasher.verify('password', known), true);
  assert.equal(await hasher.verify('passwort', known), false);
  assert.deepEqual(
    [known, BCRYPT_10, await hasher.hash('x')].map((hash) => hasher.isOutdated(hash)),
    [true, true, false],
  );
});

test('a hash of the library used before is verified and kept', async () => {
  // @node-rs/argon2 2.2.0
  const earlier = '$argon2id$v=19$m=19456,t=2,p=1$G3ouNUa20BmQ4TEhRCkQiw$XA26Yd6ZzjZRqlfGCFgls2uFt5pkTVAqCr5loozcFUU';
  const hasher = new PasswordHasher(real);
  assert.equal(await hasher.verify('geheim', earlier), true);
  assert.equal(hasher.isOutdated(earlier), false);
});

test('an unknown user takes about as long as a wrong password', async () => {
  const hasher = new PasswordHasher(real);
  const hash = await hasher.hash('secret');
  const time = async (known: string | undefined) => {
    const startedAt = performance.now();
    for (let run = 0; run < 5; run++) await hasher.verify('wrong', known);
    return performance.now() - startedAt;
  };
  const [wrong, unknown] = [await time(hash), await time(undefined)];
  assert.ok(unknown > wrong / 3 && unknown < wrong * 3, `${wrong} ms and ${unknown} ms`);
});

test('OSSA-2021-003: once a slower kind of hash was met, every "no" takes as long as one about it', async () => {
  const hasher = new PasswordHasher(cheap);
  const hash = await hasher.hash('secret');
  const time = async (known: string | undefined) => {
    const startedAt = performance.now();
    assert.equal(await hasher.verify('wrong', known), false);
    return performance.now() - startedAt;
  };
  const slow = await time(BCRYPT_10);
  for (const known of [hash, undefined]) {
    const took = await time(known);
    assert.ok(took > slow / 2, `${took} ms against ${slow} ms`);
  }
  const startedAt = performance.now();
  assert.equal(await hasher.verify('secret', hash), true);
  assert.ok(performance.now() - startedAt < slow / 2);
});

test('OSSA-2012-002: what is longer than the limit is cut, or refused, before it is hashed', async () => {
  const hasher = new PasswordHasher({ ...cheap, maxLength: 72 });
  const hash = await hasher.hash('x'.repeat(1_000_000));
  assert.equal(await hasher.verify('x'.repeat(72), hash), true);
  assert.equal(await hasher.verify('x'.repeat(71), hash), false);
  const strict = new PasswordHasher({ ...cheap, maxLength: 72, strictLength: true });
  for (const attempt of [strict.hash('x'.repeat(73)), strict.verify('é'.repeat(37), hash)])
    await assert.rejects(attempt, (error) => passwordTooLong.is(error));
});

test('the event loop goes on while passwords are hashed', async () => {
  const hasher = new PasswordHasher({ ...real, memoryKib: 65_536 });
  await hasher.hash('warm');
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(Array.from({ length: 16 }, () => hasher.hash('secret')));
  delay.disable();
  const medianMs = delay.percentile(50) / 1e6;
  assert.ok(medianMs < 10, `${medianMs} ms`);
});

test('who comes when too many wait is told to come back', async () => {
  const hasher = new PasswordHasher({ ...cheap, concurrency: 1, waiting: 2 });
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash('x')));
  const refused = results.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 2);
  assert.ok(refused.every((one) => unavailable.is(one.reason)));
  assert.equal((await hasher.hash('x')).length > 0, true);
});
