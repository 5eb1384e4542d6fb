import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { passcodeOf } from '../src/app/auth-methods/one-time-password.ts';
import type { TestKeystone } from './harness.ts';
import { exchange, logInWith, newPerson, type Person, password } from './token-people.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PERIOD_MS = 30_000;

/** Five bits a letter: a secret whose bytes are known without our own base32. */
function newSecret(): { text: string; bytes: Buffer } {
  const bytes = randomBytes(20);
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const text = (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join('');
  return { text, bytes };
}

const now = () => Math.floor(Date.now() / PERIOD_MS);

/** For whom a passcode by itself is a login. */
const ALONE = { multi_factor_auth_rules: [['totp']] };

/** Passcodes, and logins of several factors, on one database. */
export function factorSuite(engine: string, cloud: () => TestKeystone): void {
  async function withDevice(options: object = {}): Promise<{ person: Person; secret: Buffer }> {
    const person = await newPerson(cloud(), options);
    const { text, bytes } = newSecret();
    await cloud().expect(201, 'POST', '/v3/credentials', {
      body: { credential: { type: 'totp', blob: text, user_id: person.id } },
    });
    return { person, secret: bytes };
  }
  const totp = (person: Person, passcode: string) => ({ user: { id: person.id, passcode } });

  test(`${engine}: a passcode logs in once; the one before it does too, others do not`, async () => {
    const { person, secret } = await withDevice(ALONE);
    const period = now();
    const [current, before, old] = [0, 1, 3].map((back) => passcodeOf(secret, period - back)) as [
      string,
      string,
      string,
    ];
    const first = await logInWith(cloud(), { totp: totp(person, current) });
    assert.deepEqual([first.status, first.body.token?.methods], [201, ['totp']]);
    assert.equal((await logInWith(cloud(), { totp: totp(person, current) })).status, 401, 'used');
    assert.equal((await logInWith(cloud(), { totp: totp(person, before) })).status, 201);
    for (const wrong of [old, '000000', '', current.slice(1), 'x'.repeat(6)])
      assert.equal((await logInWith(cloud(), { totp: totp(person, wrong) })).status, 401, wrong);
    const stranger = await newPerson(cloud());
    assert.equal((await logInWith(cloud(), { totp: totp(stranger, passcodeOf(secret, period)) })).status, 401);
  });

  test(`${engine}: of a passcode that is shown many times at once, one login comes`, async () => {
    const { person, secret } = await withDevice(ALONE);
    const passcode = passcodeOf(secret, now());
    const tries = await Promise.all(
      Array.from({ length: 8 }, () => logInWith(cloud(), { totp: totp(person, passcode) })),
    );
    assert.equal(tries.filter(({ status }) => status === 201).length, 1);
  });

  test(`${engine}: a rule of two factors: the first gives a receipt, the second with it the token`, async () => {
    const rules = [['password', 'totp'], ['totp', 'application_credential'], ['external']];
    const { person, secret } = await withDevice({ multi_factor_auth_enabled: true, multi_factor_auth_rules: rules });
    const first = await logInWith(cloud(), { password: password(person.id) });
    assert.equal(first.status, 401);
    const receipt = first.headers['openstack-auth-receipt'] as string;
    assert.match(receipt, /^gA/);
    assert.deepEqual(first.body.receipt.methods, ['password']);
    assert.equal(first.body.receipt.user.id, person.id);
    assert.equal(Date.parse(first.body.receipt.expires_at) - Date.parse(first.body.receipt.issued_at), 300_000);
    assert.deepEqual(first.body.required_auth_methods, [['password', 'totp']]);
    assert.equal('x-subject-token' in first.headers, false);

    const other = await newPerson(cloud());
    const passcode = passcodeOf(secret, now());
    assert.equal((await logInWith(cloud(), { password: password(other.id) }, { receipt })).status, 401, 'of another');
    assert.equal((await logInWith(cloud(), { totp: totp(person, '000000') }, { receipt })).status, 401);
    assert.equal((await logInWith(cloud(), { totp: totp(person, passcode) }, { receipt: `${receipt}x` })).status, 401);
    const scope = { project: { id: person.projectId } };
    const again = passcodeOf(secret, now() - 1);
    const second = await logInWith(cloud(), { totp: totp(person, again) }, { receipt, scope });
    assert.equal(second.status, 201, JSON.stringify(second.body));
    assert.deepEqual(second.body.token.methods, ['totp', 'password']);
    const bought = await exchange(cloud(), second.headers['x-subject-token'] as string, 'unscoped');
    assert.deepEqual(bought.body.token.methods, ['totp', 'token', 'password']);
  });

  test(`${engine}: both factors at once need no receipt; the rules may be switched off`, async () => {
    const options = { multi_factor_auth_enabled: true, multi_factor_auth_rules: [['password', 'totp']] };
    const { person, secret } = await withDevice(options);
    const both = { password: password(person.id), totp: totp(person, passcodeOf(secret, now())) };
    assert.equal((await logInWith(cloud(), both)).status, 201);
    const body = { user: { options: { multi_factor_auth_enabled: false } } };
    await cloud().expect(200, 'PATCH', `/v3/users/${person.id}`, { body });
    assert.equal((await logInWith(cloud(), { password: password(person.id) })).status, 201);
  });

  test(`${engine}: rules that name only methods that are not to be had lock nobody out`, async () => {
    const person = await newPerson(cloud(), { multi_factor_auth_rules: [['mapped'], ['oauth1', 'external']] });
    assert.equal((await logInWith(cloud(), { password: password(person.id) })).status, 201);
  });

  test(`${engine}: a method that is not to be had, or whose part is missing`, async () => {
    const person = await newPerson(cloud());
    assert.equal((await logInWith(cloud(), { mapped: {} })).status, 401);
    assert.equal((await logInWith(cloud(), { kerberos: {}, password: password(person.id) })).status, 401);
    const auth = { identity: { methods: ['password', 'totp'], password: password(person.id) } };
    await cloud().expect(400, 'POST', '/v3/auth/tokens', { token: null, body: { auth } });
    const other = await newPerson(cloud());
    const { secret } = await withDevice();
    const mixed = { password: password(person.id), totp: totp(other, passcodeOf(secret, now())) };
    assert.equal((await logInWith(cloud(), mixed)).status, 401);
  });
}
