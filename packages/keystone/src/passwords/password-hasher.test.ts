import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unavailable } from '@kumo/core/errors';
import { PasswordHasher } from './password-hasher.ts';

const cheap = { memoryKib: 64, passes: 1, concurrency: 2, waiting: 100 };

test('a password verifies against its own hash and no other', async () => {
  const hasher = new PasswordHasher(cheap);
  const [hash, again] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')]);
  assert.match(hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.notEqual(hash, again);
  assert.equal(await hasher.verify('secret', hash), true);
  assert.equal(await hasher.verify('Secret', hash), false);
  for (const none of [undefined, '', 'secret', hash.slice(0, -5)])
    assert.equal(await hasher.verify('secret', none), false);
});

test('a hash made elsewhere with other parameters is verified with its own', async () => {
  // $ echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1  (RFC 9106's reference program)
  const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  assert.equal(await new PasswordHasher(cheap).verify('password', known), true);
  assert.equal(await new PasswordHasher(cheap).verify('passwort', known), false);
});

test('an unknown user takes about as long as a wrong password', async () => {
  const hasher = new PasswordHasher({ ...cheap, memoryKib: 19_456, passes: 2 });
  const hash = await hasher.hash('secret');
  const time = async (known: string | undefined) => {
    const startedAt = performance.now();
    for (let run = 0; run < 5; run++) await hasher.verify('wrong', known);
    return performance.now() - startedAt;
  };
  const [wrong, unknown] = [await time(hash), await time(undefined)];
  assert.ok(unknown > wrong / 3 && unknown < wrong * 3, `${wrong} ms and ${unknown} ms`);
});

test('who comes when too many wait is told to come back', async () => {
  const hasher = new PasswordHasher({ ...cheap, concurrency: 1, waiting: 2 });
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash('x')));
  const refused = results.filter((one) => one.status === 'rejected');
  assert.equal(refused.length, 2);
  assert.ok(refused.every((one) => unavailable.is(one.reason)));
  assert.equal((await hasher.hash('x')).length > 0, true);
});
