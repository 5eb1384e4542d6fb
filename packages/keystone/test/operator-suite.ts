import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Db } from '@kumo/core/db';
import { silentLogger } from '@kumo/core/log';
import { composeApp } from '../src/app/compose.ts';
import type { KeystoneTables } from '../src/db/schema.ts';
import { openKeyrings } from '../src/tokens/open-keyring.ts';
import { type TestKeystone, testConfig } from './harness.ts';

/** What operators do beside a running Keystone, on one database. */
export function operatorSuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  /** A second process on the same database and keys. */
  const beside = async () => {
    const [config, db] = [testConfig({ changeCheckMs: 0 }), database()];
    const keyrings = await openKeyrings({ config, stateDir: cloud().env.stateDir, db });
    return composeApp({ db, keyrings, config, log: silentLogger });
  };
  const make = async () => {
    const user = { name: `u-${randomUUID()}`, password: 'right' };
    return (await expect(201, 'POST', '/v3/users', { body: { user } })).user.id as string;
  };
  const logIn = (id: string) => {
    const identity = { methods: ['password'], password: { user: { id, password: 'right' } } };
    return cloud().call('POST', '/v3/auth/tokens', { token: null, body: { auth: { identity } } });
  };

  test(`${engine}: an operator locks a user and unlocks it`, async () => {
    const id = await make();
    const { locks } = await beside();
    const token = (await logIn(id)).headers['x-subject-token'] as string;
    await locks.lock(id);
    await locks.lock(id);
    assert.equal((await logIn(id)).status, 401);
    await expect(404, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
    await locks.unlock(id);
    await locks.unlock(id);
    assert.equal((await logIn(id)).status, 201);
    await locks.lock(id);
    await expect(200, 'PATCH', `/v3/users/${id}`, { body: { user: { enabled: true } } });
    assert.equal((await logIn(id)).status, 201);
    await assert.rejects(locks.lock('nobody'), { kind: 'notFound' });
    await assert.rejects(locks.unlock('nobody'), { kind: 'notFound' });
  });

  test(`${engine}: credentials are encrypted, and with a new key after rotation and migration`, async () => {
    const id = await make();
    const { credentialKeys } = await beside();
    const wanted = [
      { user_id: id, type: 'totp', blob: 'JBSWY3DPEHPK3PXP' },
      { user_id: id, project_id: 'p', type: 'ec2', blob: JSON.stringify({ access: `a${id}`, secret: 'ünique' }) },
    ];
    const made: { id: string; blob: string }[] = [];
    for (const credential of wanted)
      made.push((await expect(201, 'POST', '/v3/credentials', { body: { credential } })).credential);
    const rows = () => database().q.selectFrom('credentials').selectAll().where('user_id', '=', id).execute();
    const before = await rows();
    for (const row of before) {
      assert.match(row.encrypted_blob, /^gAAAA[A-Za-z0-9_-]+={0,2}$/);
      assert.equal(row.encrypted_blob.length % 4, 0);
      assert.match(row.key_hash, /^[0-9a-f]{40}$/);
    }
    await credentialKeys.migrate();
    await credentialKeys.rotate();
    await assert.rejects(credentialKeys.rotate(), { kind: 'conflict' });
    assert.ok((await credentialKeys.migrate()) >= made.length);
    assert.equal(await credentialKeys.migrate(), 0);
    for (let rotation = 0; rotation < 3; rotation++) {
      await credentialKeys.rotate();
      await credentialKeys.migrate();
    }
    const after = await rows();
    assert.equal(new Set([...before, ...after].map((row) => row.key_hash)).size, 2);
    for (const one of made) {
      const { credential } = await expect(200, 'GET', `/v3/credentials/${one.id}`);
      assert.equal(credential.blob, one.blob);
      await expect(204, 'DELETE', `/v3/credentials/${one.id}`);
    }
  });
}
