/** OpenStack's security advisories about tokens that need a Keystone of their own, by their ids. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { testEnv } from '../../core/src/testing/env.ts';
import { keystone as keystoneDaemon } from '../src/daemons/keystone.ts';
import { bootstrapFor, TestKeystone, testConfig } from './harness.ts';
import { AUTH, exchange, newPerson, subject, tokenOf } from './token-people.ts';

const LIFE_SECONDS = 5;
const dir = mkdtempSync(join(tmpdir(), 'kumo-token-advisories-'));
const database = join(dir, 'keystone.db');
let cloud: TestKeystone;
before(async () => {
  const tokens = { expirationSeconds: LIFE_SECONDS };
  cloud = await TestKeystone.start({ databaseUrl: `sqlite:${database}`, config: { tokens, changeCheckMs: 0 } });
});
after(async () => {
  await cloud.stop();
  rmSync(dir, { recursive: true });
});

/** Tokens of these tests live for seconds, the admin's as well. */
async function renewAdmin(): Promise<void> {
  cloud.admin = await cloud.logIn('admin', 'admin-secret', { project: 'admin' });
}

const ended = async (token: string, query = '') => {
  await renewAdmin();
  for (const method of ['GET', 'HEAD'])
    assert.equal((await cloud.call(method, `${AUTH}${query}`, subject(token))).status, 404, `${method} ${query}`);
};
const good = async (token: string, query = '') =>
  (await cloud.expect(200, 'GET', `${AUTH}${query}`, subject(token))).token;
const text = ({ headers }: { headers: Readonly<Record<string, unknown>> }) => headers['x-subject-token'] as string;

test('OSSA-2013-014: a token is refused after its end though it was found good a moment before, and stays revoked', async () => {
  await renewAdmin();
  const person = await newPerson(cloud);
  const [token, revoked] = [await tokenOf(cloud, person), await tokenOf(cloud, person)];
  const service = await cloud.logIn('nova', 'nova-secret', { project: 'service' });
  const { expires_at } = await good(token);
  await cloud.expect(200, 'GET', '/v3/auth/projects', { token });
  await cloud.expect(204, 'DELETE', AUTH, { token: revoked, ...subject(revoked) });
  await ended(revoked);
  while (Date.now() < Date.parse(expires_at)) {
    await cloud.call('GET', AUTH, { ...subject(token), token: service });
    await sleep(20);
  }
  await ended(token);
  await cloud.expect(401, 'GET', '/v3/auth/projects', { token });
  assert.equal((await exchange(cloud, token, 'unscoped')).status, 404);
  // What a service may still ask about, it may not ask about what was revoked.
  assert.equal((await good(token, '?allow_expired=1')).expires_at, expires_at);
  await ended(revoked, '?allow_expired=1');
});

test('OSSA-2012-010: renewing never prolongs access, and ends with the user’s disabling or new password', async () => {
  await renewAdmin();
  const [renewing, disabled, changed] = [await newPerson(cloud), await newPerson(cloud), await newPerson(cloud)];
  const first = await tokenOf(cloud, renewing);
  const { expires_at } = await good(first);
  let token = first;
  for (let renewal = 0; renewal < 5; renewal++) {
    await sleep(300);
    const bought = await exchange(cloud, token, { project: { id: renewing.projectId } });
    assert.equal(bought.body.token.expires_at, expires_at);
    token = text(bought);
  }
  await renewAdmin();
  for (const [person, user] of [
    [disabled, { enabled: false }],
    [changed, { password: 'another' }],
  ] as const) {
    const bought = await tokenOf(cloud, person);
    const renewed = text(await exchange(cloud, bought, { project: { id: person.projectId } }));
    await cloud.expect(200, 'PATCH', `/v3/users/${person.id}`, { body: { user } });
    for (const one of [bought, renewed]) {
      assert.equal((await cloud.call('GET', AUTH, subject(one))).status, 404);
      assert.equal((await exchange(cloud, one)).status, 404);
    }
  }
  while (Date.now() < Date.parse(expires_at)) await sleep(50);
  for (const one of [first, token]) await ended(one);
});

test('OSSA-2016-008: a chain that is revoked has no valid token left, be it bought from whichever of them', async () => {
  await renewAdmin();
  const person = await newPerson(cloud);
  const scope = { project: { id: person.projectId } };
  const [first, other] = [await tokenOf(cloud, person), await tokenOf(cloud, person)];
  const second = text(await exchange(cloud, first, 'unscoped'));
  const third = text(await exchange(cloud, second, scope));
  const { audit_ids } = await good(third);
  assert.equal(audit_ids[1], (await good(first)).audit_ids[0]);
  // As another Keystone on the same database revokes a chain; the API itself ends single tokens only.
  const rows = new DatabaseSync(database, { timeout: 5_000 });
  rows
    .prepare('insert into revocations (id, audit_chain_id, issued_before, revoked_at) values (?, ?, ?, ?)')
    .run(crypto.randomUUID(), audit_ids[1], Math.ceil(Date.now() / 1000), new Date().toISOString());
  rows.prepare('update changes set counter = counter + 1').run();
  rows.close();
  for (const token of [first, second, third]) assert.equal((await cloud.call('GET', AUTH, subject(token))).status, 404);
  await good(other);
});

test('OSSA-2014-013: a password that is named many times in one login is proved once', async () => {
  const told: unknown[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void told.push(JSON.parse(line).notification) });
  const env = testEnv({ log });
  const config = testConfig({ notifications: { driver: 'log', optOut: [] } });
  const daemon = await keystoneDaemon(env, config, { bootstrap: bootstrapFor() });
  await daemon.start();
  const methods = Array.from({ length: 16 }, () => 'password');
  for (const [text, status] of [
    ['admin-secret', 201],
    ['wrong', 401],
  ] as const) {
    told.length = 0;
    const user = { name: 'admin', domain: { id: 'default' }, password: text };
    const payload = { auth: { identity: { methods, password: { user } } } };
    const answer = await daemon.app!.inject({ method: 'POST', url: AUTH, payload });
    assert.equal(answer.statusCode, status, answer.body);
    // Each proof is told to the auditors.
    while (told.length === 0) await sleep(10);
    await sleep(100);
    assert.equal(told.filter((one) => one !== undefined).length, 1, JSON.stringify(told));
  }
  await daemon.stop();
  await env.cleanUp();
});

test('OSSA-2013-010: keys of another user stop the start; those made here nobody else reads', {
  skip: notRoot(),
}, async () => {
  const env = testEnv();
  const start = async () => {
    const daemon = await keystoneDaemon(env, testConfig(), { bootstrap: bootstrapFor() });
    await daemon.stop();
  };
  await start();
  for (const name of ['fernet-keys', 'receipt-keys', 'credential-keys']) {
    const keys = join(env.stateDir, 'keystone', name);
    assert.equal(statSync(keys).mode & 0o777, 0o700, name);
    for (const [number, owner] of [
      [keys, 65_534],
      [join(keys, '1'), 65_534],
    ] as const) {
      chownSync(number, owner, owner);
      await assert.rejects(start(), /belongs to user 65534/, number);
      chownSync(number, 0, 0);
    }
    chmodSync(keys, 0o707);
    await assert.rejects(start(), /can be written by others/, keys);
    chmodSync(keys, 0o700);
  }
  await start();
  await env.cleanUp();
});

function notRoot(): string | false {
  return process.getuid?.() === 0 ? false : 'only root gives a file to somebody else';
}
