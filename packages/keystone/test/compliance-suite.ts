import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type Db, fromIso, toIso } from '@kumo/core/db';
import type { KeystoneTables } from '../src/db/schema.ts';
import type { Answer, TestKeystone } from './harness.ts';
import { newDevice, totp } from './passcode-device.ts';
import { logInWith } from './token-people.ts';

const DAY_MS = 86_400_000;
const ALIKE = {
  error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' },
};

/** What the suite's Keystone is told about passwords and accounts. */
export const COMPLIANCE = {
  passwordExpiresDays: 30,
  uniqueLastPasswordCount: 3,
  minimumPasswordAge: 1,
  passwordRegex: '(?=.*\\d)(?=.*[a-zA-Z]).{7,}$',
  passwordRegexDescription: 'seven characters with a letter and a digit',
  lockoutFailureAttempts: 3,
  lockoutDuration: 600,
  disableUserAccountDaysInactive: 90,
  changePasswordUponFirstUse: true,
};

interface Made {
  readonly id: string;
  readonly name: string;
  readonly password_expires_at: string | null;
}

/** The rules of `securityCompliance`, on one database. */
export function complianceSuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  /** A user whose password need not be changed first. */
  const make = async (options: object = {}, password = 'secret 1'): Promise<Made> => {
    const user = { name: `u-${randomUUID()}`, password };
    const own = { ignore_change_password_upon_first_use: true, ...options };
    return (await expect(201, 'POST', '/v3/users', { body: { user: { ...user, options: own } } })).user;
  };
  const logIn = (id: string, password: string): Promise<Answer> => {
    const identity = { methods: ['password'], password: { user: { id, password } } };
    return cloud().call('POST', '/v3/auth/tokens', { token: null, body: { auth: { identity } } });
  };
  const change = (id: string, original_password: string, password: string): Promise<Answer> =>
    cloud().call('POST', `/v3/users/${id}/password`, { token: null, body: { user: { original_password, password } } });
  const later = (answer: Answer) => new Date(`${answer.body.user.password_expires_at}Z`).getTime() - Date.now();
  test(`${engine}: passwords must be as the operator says`, async () => {
    const short = await cloud().call('POST', '/v3/users', { body: { user: { name: 'short', password: 'short1' } } });
    assert.equal(short.status, 400);
    assert.match(
      short.body.error.message,
      /does not match the requirements: seven characters with a letter and a digit/,
    );
    const user = await make();
    for (const password of ['letters only', '1234567', '', null])
      await expect(400, 'PATCH', `/v3/users/${user.id}`, { body: { user: { password, enabled: false } } });
    assert.equal((await change(user.id, 'secret 1', 'none')).status, 400);
    assert.equal((await logIn(user.id, 'secret 1')).status, 201);
  });

  test(`${engine}: passwords expire; their owner may change them then, and nobody else learns of it`, async () => {
    const user = await make();
    const shown = await cloud().call('GET', `/v3/users/${user.id}`, {});
    assert.ok(Math.abs(later(shown) - 30 * DAY_MS) < 60_000);
    assert.match(shown.body.user.password_expires_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000$/);
    assert.equal((await make({ ignore_password_expiry: true })).password_expires_at, null);
    const ends = (op: string, days: number) => {
      const time = new Date(Date.now() + days * DAY_MS).toISOString().replace(/\.\d+Z$/, 'Z');
      return expect(200, 'GET', `/v3/users?name=${user.name}&password_expires_at=${op}:${time}`);
    };
    for (const [op, days, count] of [
      ['lt', 31, 1],
      ['lt', 29, 0],
      ['gt', 29, 1],
      ['gte', 31, 0],
      ['neq', 1, 1],
      ['eq', 1, 0],
    ] as const)
      assert.equal((await ends(op, days)).users.length, count, `${op} ${days}`);
    await expect(400, 'GET', '/v3/users?password_expires_at=before:2026-01-01T00:00:00Z');
    await database()
      .q.updateTable('passwords')
      .set({ expires_at: toIso(Date.now() - 1000) })
      .where('user_id', '=', user.id)
      .execute();
    const late = await logIn(user.id, 'secret 1');
    assert.equal(late.status, 401);
    assert.equal(late.body.error.message, `The password is expired and needs to be changed for user: ${user.id}.`);
    assert.deepEqual((await logIn(user.id, 'wrong')).body, ALIKE);
    assert.equal((await change(user.id, 'wrong', 'secret 2')).status, 401);
    assert.equal((await change(user.id, 'secret 1', 'secret 2')).status, 204);
    assert.equal((await logIn(user.id, 'secret 2')).status, 201);
  });

  test(`${engine}: a password that somebody else gave must be changed first`, async () => {
    const user = await make({ ignore_change_password_upon_first_use: false });
    assert.match((await logIn(user.id, 'secret 1')).body.error.message, /needs to be changed/);
    assert.equal((await change(user.id, 'secret 1', 'secret 2')).status, 204);
    assert.equal((await logIn(user.id, 'secret 2')).status, 201);
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { password: 'secret 3' } } });
    assert.match((await logIn(user.id, 'secret 3')).body.error.message, /needs to be changed/);
    const options = { ignore_change_password_upon_first_use: true };
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { password: 'secret 3', options } } });
    assert.equal((await logIn(user.id, 'secret 3')).status, 201);
  });

  test(`${engine}: users keep a password for a day, and do not take the last ones again`, async () => {
    const user = await make();
    const answers: number[] = [];
    for (const [from, to] of [
      ['secret 1', 'secret 1'],
      ['secret 1', 'secret 2'],
      ['secret 2', 'secret 3'],
    ] as const)
      answers.push((await change(user.id, from, to)).status);
    assert.deepEqual(answers, [400, 204, 400]);
    const young = await change(user.id, 'secret 2', 'secret 3');
    assert.match(young.body.error.message, /must be used for 1 day\(s\).*try again in 0 day\(s\)/);
    const aged = async (from: string, to: string) => {
      const { q } = database();
      const made = await q
        .selectFrom('passwords')
        .select(['id', 'created_at'])
        .where('user_id', '=', user.id)
        .execute();
      for (const { id, created_at } of made)
        await q
          .updateTable('passwords')
          .set({ created_at: toIso(fromIso(created_at) - 2 * DAY_MS) })
          .where('id', '=', id)
          .execute();
      return (await change(user.id, from, to)).status;
    };
    assert.equal(await aged('secret 2', 'secret 3'), 204);
    assert.equal(await aged('secret 3', 'secret 1'), 400);
    assert.equal(await aged('secret 3', 'secret 2'), 400);
    assert.equal(await aged('secret 3', 'secret 4'), 204);
    const rows = await database().q.selectFrom('passwords').select('id').where('user_id', '=', user.id).execute();
    assert.equal(rows.length, 4);
    // What an operator sets is not compared, but remembered.
    for (const password of ['secret 4', 'secret 1'])
      await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { password } } });
    assert.equal((await change(user.id, 'secret 1', 'secret 4')).status, 400);
    assert.equal((await change(user.id, 'secret 1', 'secret 9')).status, 204);
  });

  test(`${engine}: a password may be locked against its owner`, async () => {
    const user = await make({ lock_password: true });
    const answer = await change(user.id, 'secret 1', 'secret 2');
    assert.equal(answer.status, 400);
    assert.match(answer.body.error.message, /due to password policy disallowing password changes/);
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { options: { lock_password: null } } } });
    assert.equal((await change(user.id, 'secret 1', 'secret 2')).status, 204);
  });

  test(`OSSA-2021-003: locked, unknown and wrong are one answer, in as much time (${engine})`, async () => {
    const user = await make();
    const took = async (id: string, password: string) => {
      const startedAt = performance.now();
      const answer = await logIn(id, password);
      assert.deepEqual([answer.status, answer.body], [401, ALIKE]);
      assert.equal(JSON.stringify(answer.headers).includes(user.id), false);
      return performance.now() - startedAt;
    };
    const wrong = [await took(user.id, 'x'), await took(user.id, 'x'), await took(user.id, 'x')];
    const locked = [await took(user.id, 'secret 1'), await took(user.id, 'x'), await took(user.id, 'x')];
    const unknown = [await took('nobody', 'x'), await took('nobody', 'x'), await took('nobody', 'x')];
    const least = [wrong, locked, unknown].map((times) => Math.min(...times));
    assert.ok(Math.max(...least) < 5 * Math.min(...least) + 20, String(least));
    assert.equal((await change(user.id, 'secret 1', 'secret 2')).status, 401);
    const row = await database()
      .q.selectFrom('login_failures')
      .select('count')
      .where('id', '=', user.id)
      .executeTakeFirst();
    assert.equal(row?.count, 3);
  });

  test(`${engine}: a lock ends by itself, by an admin, and not by guessing at once`, async () => {
    const user = await make();
    const guesses = await Promise.all(Array.from({ length: 8 }, () => logIn(user.id, 'wrong')));
    assert.ok(guesses.every((one) => one.status === 401));
    assert.equal((await logIn(user.id, 'secret 1')).status, 401);
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { enabled: true } } });
    assert.equal((await logIn(user.id, 'secret 1')).status, 201);
    for (let guess = 0; guess < 3; guess++) await logIn(user.id, 'wrong');
    assert.equal((await logIn(user.id, 'secret 1')).status, 401);
    const past = toIso(Date.now() - 601_000);
    await database().q.updateTable('login_failures').set({ failed_at: past }).where('id', '=', user.id).execute();
    // It begins anew: two more may be wrong.
    for (let guess = 0; guess < 2; guess++) await logIn(user.id, 'wrong');
    assert.equal((await logIn(user.id, 'secret 1')).status, 201);
    const free = await make({ ignore_lockout_failure_attempts: true });
    for (let guess = 0; guess < 4; guess++) await logIn(free.id, 'wrong');
    assert.equal((await logIn(free.id, 'secret 1')).status, 201);
  });

  test(`${engine}: wrong passcodes and secrets lock an account as wrong passwords do`, async () => {
    const person = await make({ multi_factor_auth_rules: [['totp'], ['password']] });
    const device = await newDevice(cloud(), person.id);
    const passcode = (code: string) => logInWith(cloud(), { totp: totp(person.id, code) });
    await passcode(device.wrong());
    await logIn(person.id, 'wrong');
    await passcode(device.wrong());
    assert.deepEqual((await logIn(person.id, 'secret 1')).body, ALIKE);
    assert.deepEqual((await passcode(device.code())).body, ALIKE);
    await expect(200, 'PATCH', `/v3/users/${person.id}`, { body: { user: { enabled: true } } });
    assert.equal((await passcode(device.code())).status, 201);
    // A right passcode forgets wrong ones.
    for (let n = 0; n < 2; n++) await passcode(device.wrong());
    assert.equal((await passcode(device.code(1))).status, 201);
    for (let n = 0; n < 2; n++) await passcode(device.wrong());
    assert.equal((await logIn(person.id, 'secret 1')).status, 201);
  });

  test(`${engine}: who was not here for too long is disabled`, async () => {
    const [user, exempt] = [await make(), await make({ ignore_user_inactivity: true })];
    const token = (await logIn(user.id, 'secret 1')).headers['x-subject-token'] as string;
    const gone = (days: number) =>
      database()
        .q.updateTable('users')
        .set({ last_active_on: toIso(Date.now() - days * DAY_MS).slice(0, 10), created_at: toIso(0) })
        .where('id', 'in', [user.id, exempt.id])
        .execute();
    const enabled = async (id: string) => (await expect(200, 'GET', `/v3/users/${id}`)).user.enabled;
    await gone(89);
    assert.equal(await enabled(user.id), true);
    await gone(90);
    assert.deepEqual([await enabled(user.id), await enabled(exempt.id)], [false, true]);
    assert.deepEqual((await logIn(user.id, 'secret 1')).body, ALIKE);
    assert.equal((await logIn(exempt.id, 'secret 1')).status, 201);
    // Any change of the user has the token looked at again.
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { description: 'away' } } });
    await expect(404, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
    await expect(200, 'PATCH', `/v3/users/${user.id}`, { body: { user: { enabled: true } } });
    assert.equal((await logIn(user.id, 'secret 1')).status, 201);
  });
}
