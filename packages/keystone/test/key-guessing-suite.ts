import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Db } from '@kumo/core/db';
import type { KeystoneTables } from '../src/db/schema.ts';
import { endWindows, logInFrom } from './guessing-suite.ts';
import type { Answer, TestKeystone } from './harness.ts';
import { newPerson, type Person, tokenOf } from './token-people.ts';

/** Secrets of application credentials and EC2 keys, on one database. */
export function keyGuessingSuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  async function appCred(person: Person, values: object) {
    const token = await tokenOf(cloud(), person);
    const body = { application_credential: { name: 'app', ...values } };
    const made = await cloud().expect(201, 'POST', `/v3/users/${person.id}/application_credentials`, { token, body });
    return made.application_credential as { id: string; secret: string };
  }
  const by = (id: string, secret: string, address = '203.0.113.1') =>
    logInFrom(cloud(), address, { application_credential: { id, secret } });

  test(`${engine}: wrong secrets bound an address that guesses at a chosen one, by id and by name`, async () => {
    const person = await newPerson(cloud());
    const { id } = await appCred(person, { secret: 'chosen' });
    const named = { application_credential: { name: 'app', user: { id: person.id }, secret: 'x' } };
    for (let n = 0; n < 3; n++) assert.equal((await by(id, 'x')).status, 401);
    for (let n = 0; n < 2; n++) assert.equal((await logInFrom(cloud(), '203.0.113.1', named)).status, 401);
    assert.equal((await by(id, 'chosen')).status, 401);
    assert.equal((await by(id, 'chosen', '198.51.100.1')).status, 201);
    // Who was in of late is known at a glance.
    assert.equal((await by(id, 'chosen')).status, 201);
    const another = await newPerson(cloud());
    const fresh = await appCred(another, { secret: 'chosen' });
    for (let n = 0; n < 6; n++) await by(fresh.id, 'x');
    await endWindows(database());
    assert.equal((await by(fresh.id, 'chosen')).status, 201);
  });

  test(`${engine}: nobody keeps a program out whose secret was made here`, async () => {
    const { id, secret } = await appCred(await newPerson(cloud()), {});
    for (let n = 0; n < 10; n++) assert.equal((await by(id, 'x')).status, 401);
    assert.equal((await by(id, secret)).status, 201);
  });

  test(`${engine}: of EC2 keys, only signatures under a short secret are bounded`, async () => {
    for (const [secret, status] of [
      ['short', 401],
      ['0123456789abcdef0123456789abcdef', 200],
    ] as const) {
      const person = await newPerson(cloud());
      const access = `key-of-${person.name}`;
      const blob = JSON.stringify({ access, secret });
      const credential = { type: 'ec2', blob, user_id: person.id, project_id: person.projectId };
      await cloud().expect(201, 'POST', '/v3/credentials', { body: { credential } });
      const text = `GET\n\n\n${new Date().toUTCString()}\n/bucket`;
      const show = (with_: string): Promise<Answer> => {
        const signature = createHmac('sha1', with_).update(text).digest('base64');
        const credentials = { access, signature, token: Buffer.from(text).toString('base64url') };
        return cloud().call('POST', '/v3/s3tokens', { body: { credentials } });
      };
      assert.equal((await show(secret)).status, 200);
      for (let n = 0; n < 10; n++) assert.equal((await show('guess')).status, 401);
      assert.equal((await show(secret)).status, status, secret);
    }
  });

  test(`${engine}: who an operator locked comes in by no factor`, async () => {
    const person = await newPerson(cloud());
    const { id, secret } = await appCred(person, {});
    assert.equal((await by(id, secret)).status, 201);
    const row = { id: person.id, user_id: person.id, count: 0, failed_at: new Date().toISOString(), locked: 1 };
    await database().q.insertInto('login_failures').values(row).execute();
    assert.equal((await by(id, secret)).status, 401);
  });
}
