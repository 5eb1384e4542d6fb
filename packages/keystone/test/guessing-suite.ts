import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Db } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import { silentLogger } from '@kumo/core/log';
import { type Guess, LoginThrottle } from '../src/app/login-throttle.ts';
import type { KeystoneTables } from '../src/db/schema.ts';
import type { Answer, TestKeystone } from './harness.ts';
import { newPerson, password } from './token-people.ts';

/** What the suites' Keystone is told. */
export const THROTTLED = {
  loginThrottle: { wrongPasscodes: 10, wrongSecrets: 5, windowSeconds: 600 },
  trustedProxies: ['127.0.0.1'],
};

export const ALIKE = {
  error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' },
};

/** A login as it comes from an address. */
export function logInFrom(cloud: TestKeystone, address: string, identity: object, more: object = {}): Promise<Answer> {
  const body = { auth: { identity: { methods: Object.keys(identity), ...identity }, ...more } };
  return cloud.call('POST', '/v3/auth/tokens', { token: null, body, headers: { 'x-forwarded-for': address } });
}

/** Has the windows that are open end. */
export async function endWindows({ q }: Db<KeystoneTables>): Promise<void> {
  await q
    .updateTable('login_throttles')
    .set({ ends_at: Date.now() - 1 })
    .execute();
}

/** How often something may be wrong, on one database. */
export function guessingSuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  const settings = THROTTLED.loginThrottle;
  const newThrottle = () => new LoginThrottle({ db: database(), settings, key: 'k', log: silentLogger });
  const wrong = (throttle: LoginThrottle, guess: Guess, seen: () => void) =>
    assert.rejects(
      throttle.during(guess, async () => {
        seen();
        throw unauthorized();
      }),
      (error) => unauthorized.is(error),
    );
  const countOf = async (): Promise<number> =>
    Number(
      (
        await database()
          .q.selectFrom('login_throttles')
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );

  test(`${engine}: of many guesses at once in two Keystones no more are looked at than may be wrong`, async () => {
    const throttles = [newThrottle(), newThrottle()];
    let looked = 0;
    const guess: Guess = { kind: 'passcode', subject: 'kim', isKnown: true };
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => wrong(throttles[n % 2] as LoginThrottle, guess, () => looked++)),
    );
    assert.equal(looked, 10);
    // Nor is the right one, until the window ends; then a right one forgets all.
    await assert.rejects(
      throttles[0]!.during(guess, async () => 'in'),
      (error) => unauthorized.is(error),
    );
    await endWindows(database());
    assert.equal(await throttles[1]!.during(guess, async () => 'in'), 'in');
    for (let n = 0; n < 9; n++) await wrong(throttles[0]!, guess, () => looked++);
    assert.equal(await throttles[1]!.during(guess, async () => 'in'), 'in');
    assert.equal(looked, 19);
  });

  test(`${engine}: windows of passcodes that were used up grow, up to a bound`, async () => {
    const guess: Guess = { kind: 'passcode', subject: 'lee', isKnown: true };
    const lengths: number[] = [];
    for (let round = 0; round < 9; round++) {
      for (let n = 0; n < 11; n++) await wrong(newThrottle(), guess, () => {});
      const rows = await database()
        .q.selectFrom('login_throttles')
        .selectAll()
        .where('rounds', '=', Math.min(round, 6))
        .execute();
      lengths.push(Math.round((Math.max(...rows.map((row) => Number(row.ends_at))) - Date.now()) / 600_000));
      await endWindows(database());
    }
    assert.deepEqual(lengths, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
  });

  test(`${engine}: what says nothing about a guess is not counted`, async () => {
    const throttle = newThrottle();
    const guess: Guess = { kind: 'password', subject: 'busy', isKnown: true, address: '203.0.113.1' };
    const before = await countOf();
    for (let n = 0; n < 20; n++)
      await assert.rejects(
        throttle.during(guess, async () => {
          throw new Error('the database is away');
        }),
        /away/,
      );
    assert.equal(await countOf(), before);
    assert.equal(await throttle.during(guess, async () => 'in'), 'in');
  });

  test(`${engine}: names of nobody fill no table, and what is over goes`, async () => {
    await database().q.deleteFrom('login_throttles').execute();
    const small = newThrottle();
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        wrong(small, { kind: 'passcode', subject: `nobody ${n}`, isKnown: false }, () => {}),
      ),
    );
    const rows = await database().q.selectFrom('login_throttles').select('id').execute();
    assert.ok(rows.length <= 30);
    for (const { id } of rows) assert.match(id, /^passcode \d{1,6}$/);
    const past = Date.now() - 86_400_000;
    await database().q.updateTable('login_throttles').set({ ends_at: past, forget_at: past }).execute();
    const { now } = Date;
    // The clock of the sweep alone: it comes once a minute.
    Date.now = () => now() + 61_000;
    try {
      await small.during({ kind: 'passcode', subject: 'kim', isKnown: true }, async () => 'in');
    } finally {
      Date.now = now;
    }
    assert.equal(await countOf(), 0);
  });

  test(`${engine}: wrong passwords bound one address, not the user; however the account is named`, async () => {
    const person = await newPerson(cloud());
    const byName = { user: { name: person.name, domain: { name: 'Default' }, password: 'x' } };
    const change = { user: { original_password: 'x', password: 'new' } };
    const headers = { 'x-forwarded-for': '203.0.113.1' };
    for (const identity of [{ password: password(person.id, 'x') }, { password: byName }, { password: byName }])
      assert.deepEqual((await logInFrom(cloud(), '203.0.113.1', identity)).body, ALIKE);
    for (let n = 0; n < 2; n++)
      await cloud().expect(401, 'POST', `/v3/users/${person.id}/password`, { token: null, body: change, headers });
    const right = { password: password(person.id) };
    const refused = await logInFrom(cloud(), '203.0.113.1', right);
    assert.deepEqual([refused.status, refused.body], [401, ALIKE]);
    const fit = { user: { original_password: 'pw', password: 'new' } };
    await cloud().expect(401, 'POST', `/v3/users/${person.id}/password`, { token: null, body: fit, headers });
    assert.equal((await logInFrom(cloud(), '198.51.100.1', right)).status, 201);
    assert.equal((await logInFrom(cloud(), '203.0.113.1', right)).status, 401);
    await endWindows(database());
    assert.equal((await logInFrom(cloud(), '203.0.113.1', right)).status, 201);
  });

  test(`${engine}: IPv6 counts by networks; enabling the user, or unlocking, forgets what was wrong`, async () => {
    const person = await newPerson(cloud());
    const wrongFrom = async (address: string, times: number) => {
      for (let n = 0; n < times; n++) await logInFrom(cloud(), address, { password: password(person.id, 'x') });
    };
    await wrongFrom('2001:db8::1', 3);
    await wrongFrom('2001:db8:0:0:ffff::2', 2);
    const right = { password: password(person.id) };
    assert.equal((await logInFrom(cloud(), '2001:db8::3', right)).status, 401);
    assert.equal((await logInFrom(cloud(), '2001:db8:0:1::3', right)).status, 201);
    await cloud().expect(200, 'PATCH', `/v3/users/${person.id}`, { body: { user: { enabled: true } } });
    assert.equal((await logInFrom(cloud(), '2001:db8::3', right)).status, 201);
  });

  test(`${engine}: users who may not be locked out come in whatever others guess`, async () => {
    const person = await newPerson(cloud(), { ignore_lockout_failure_attempts: true });
    for (let n = 0; n < 8; n++) await logInFrom(cloud(), '203.0.113.1', { password: password(person.id, 'x') });
    assert.equal((await logInFrom(cloud(), '203.0.113.1', { password: password(person.id) })).status, 201);
  });
}
