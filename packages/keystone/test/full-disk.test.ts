/** Logins while Keystone's database has no room. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { noSmallDisk, smallDisk } from '../../core/src/testing/small-disk.ts';
import { ADMIN_PASSWORD, TestKeystone } from './harness.ts';

const login = (password: string, name = 'demo') => ({
  identity: { methods: ['password'], password: { user: { name, domain: { id: 'default' }, password } } },
});

test('on a full disk who knows the password logs in, and guesses stay bounded, also when there is room again', {
  skip: noSmallDisk,
}, async () => {
  using disk = smallDisk(16);
  const config = {
    loginThrottle: { wrongSecrets: 5, windowSeconds: 60 },
    securityCompliance: { lockoutFailureAttempts: 50 },
  };
  const cloud = await TestKeystone.start({ databaseUrl: `sqlite:${join(disk.path, 'keystone.db')}`, config });
  try {
    const tries = async (auth: object) =>
      (await cloud.call('POST', '/v3/auth/tokens', { token: null, body: { auth } })).status;
    const makeUser = (name: string) =>
      cloud.call('POST', '/v3/users', { body: { user: { name, note: 'x'.repeat(20_000) } } });
    assert.equal((await makeUser('before')).status, 201);
    disk.fill();
    let made = 0;
    let refused = await makeUser(`full-${made}`);
    while (refused.status === 201) refused = await makeUser(`full-${++made}`);
    assert.equal(refused.status, 503);
    assert.match(refused.body.error.message, /disk space/);
    assert.ok(refused.headers['retry-after']);
    // No log of writes is left to any of it: what a login would write is refused as well.
    for (let i = 0; i < 3; i++) assert.equal(await tries(login(ADMIN_PASSWORD, 'admin')), 201);
    const wrong = [];
    for (let i = 0; i < 8; i++) wrong.push(await tries(login('wrong')));
    assert.deepEqual([...new Set(wrong)], [401]);
    assert.equal(await tries(login('demo-secret')), 401, 'too many guesses, as without a full disk');
    disk.free();
    assert.equal(await tries(login('demo-secret')), 401, 'the guesses are not forgotten');
    assert.equal(await tries(login(ADMIN_PASSWORD, 'admin')), 201);
    assert.equal((await makeUser('after')).status, 201);
  } finally {
    await cloud.stop();
  }
});
