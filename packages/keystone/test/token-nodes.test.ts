/** Several Keystones on one database, their settings, and what they say in the log. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inProcess, ServiceTokenSource, TokenValidator } from '@kumo/core/client';
import { createLogger } from '@kumo/core/log';
import { Value } from 'typebox/value';
import { testEnv } from '../../core/src/testing/env.ts';
import { KeystoneConfig } from '../src/config.ts';
import { keystone } from '../src/daemons/keystone.ts';
import { openKeystoneDatabase } from '../src/db/open.ts';
import { openKeyring } from '../src/tokens/open-keyring.ts';
import { ADMIN_PASSWORD, bootstrapFor, DEMO_PASSWORD, passwordAuth, TestKeystone, testConfig } from './harness.ts';
import { AUTH, exchange, logInWith, subject } from './token-people.ts';

const root = mkdtempSync(join(tmpdir(), 'kumo-token-nodes-'));
after(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
async function withTwo(tokens: object, work: (one: TestKeystone, other: TestKeystone) => Promise<void>): Promise<void> {
  count += 1;
  const databaseUrl = `sqlite:${join(root, `${count}.db`)}`;
  const started: TestKeystone[] = [];
  try {
    for (const _ of [1, 2]) started.push(await TestKeystone.start({ databaseUrl, config: { tokens } }));
    await work(...(started as [TestKeystone, TestKeystone]));
  } finally {
    for (const one of started) await one.stop();
  }
}

test('a revocation at one Keystone is known within 5 s to services that ask another one', () =>
  withTwo({ keyRepository: join(root, 'revoked') }, async (one, other) => {
    const transport = inProcess(() => other.daemon.app);
    const serviceToken = new ServiceTokenSource({
      transport,
      from: 'nova-api',
      username: 'nova',
      password: 'nova-secret',
    });
    const validator = new TokenValidator({ transport, serviceToken, from: 'nova-api' });
    const token = await one.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    assert.equal((await validator.validate(token))?.userName, 'demo');
    await one.expect(204, 'DELETE', AUTH, subject(token));
    const revokedAt = performance.now();
    await one.expect(404, 'GET', AUTH, subject(token));
    while (await validator.validate(token)) {
      assert.ok(performance.now() - revokedAt < 5_000, 'within 5 s');
      await sleep(50);
    }
    await other.expect(404, 'GET', AUTH, subject(token));
  }));

test('keys in the database: nodes with the same key-encryption key read each other’s tokens through every rotation', () => {
  const tokens = { keyStore: 'database', keyEncryptionKeyFile: join(root, 'kek') };
  return withTwo(tokens, async (one, other) => {
    const env = testEnv({ databaseUrl: () => one.env.databaseUrl('keystone') });
    const db = await openKeystoneDatabase(env, 'test');
    const config = Value.Parse(KeystoneConfig, Value.Default(KeystoneConfig, { tokens }));
    const keyring = await openKeyring('tokens', { config, stateDir: env.stateDir, db });
    try {
      const early = await other.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
      for (let round = 0; round < 4; round++) {
        await keyring.rotate(3);
        await sleep(round % 2 === 0 ? 0 : 1_100);
        const tokens = [await one.logIn('demo', DEMO_PASSWORD), await other.logIn('demo', DEMO_PASSWORD)];
        one.admin = await one.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
        other.admin = one.admin;
        for (const token of tokens)
          for (const node of [one, other]) await node.expect(200, 'GET', AUTH, subject(token));
      }
      await sleep(1_100);
      one.admin = await one.logIn('admin', ADMIN_PASSWORD, { project: 'admin' });
      await one.expect(404, 'GET', AUTH, subject(early));
      const strange = { ...config, tokens: { ...config.tokens, keyEncryptionKeyFile: join(root, 'other-kek') } };
      await assert.rejects(openKeyring('tokens', { config: strange, stateDir: env.stateDir, db }), /same file/);
      const row = await db.q.selectFrom('fernet_keys').select('sealed').executeTakeFirstOrThrow();
      assert.doesNotMatch(row.sealed, /=$|^[\w-]{43}=?$/);
    } finally {
      await db.close();
      await env.cleanUp();
    }
  });
});

test('settings: fewer methods, no exchange of scoped tokens, an admin project', async () => {
  const started = await TestKeystone.start({
    config: {
      auth: { methods: ['password', 'token'] },
      tokens: { allowRescopeScopedToken: false },
      adminProject: { name: 'admin', domainName: 'Default' },
    },
  });
  try {
    const identity = { totp: { user: { id: 'x', passcode: '000000' } } };
    const refused = await logInWith(started, identity);
    assert.equal(refused.status, 401);
    assert.match(refused.body.error.message, /unsupported method/);
    const unscoped = await started.logIn('admin', ADMIN_PASSWORD, 'unscoped');
    const scope = { project: { name: 'admin', domain: { id: 'default' } } };
    const scoped = await exchange(started, unscoped, scope);
    assert.deepEqual([scoped.status, scoped.body.token.is_admin_project], [201, true]);
    assert.equal((await exchange(started, scoped.headers['x-subject-token'] as string, scope)).status, 403);
    const demo = await started.logIn('demo', DEMO_PASSWORD, { project: 'demo' });
    const { token } = await started.expect(200, 'GET', AUTH, subject(demo));
    assert.equal(token.is_admin_project, false);
  } finally {
    await started.stop();
  }
});

test('OSSA-2013-003: failed logins write little to the log, and nothing of what was sent', async () => {
  const file = join(root, 'keystone.log');
  const env = testEnv();
  const log = createLogger({ service: 'keystone', file });
  const daemon = await keystone(env, testConfig(), { bootstrap: bootstrapFor(), extra: { log } });
  await daemon.start();
  const secret = 'do-not-write-this-'.repeat(200);
  for (let at = 0; at < 20; at++) {
    const body = passwordAuth('admin', secret, { project: secret.slice(0, 200) });
    const answer = await daemon.app?.inject({ method: 'POST', url: AUTH, payload: body });
    assert.equal(answer?.statusCode, 401);
    const nonsense = { 'x-auth-token': secret, 'x-subject-token': secret };
    assert.equal((await daemon.app?.inject({ method: 'GET', url: AUTH, headers: nonsense }))?.statusCode, 401);
  }
  await daemon.stop();
  log.flush();
  await sleep(100);
  const written = readFileSync(file, 'utf8');
  assert.doesNotMatch(written, /do-not-write-this/);
  assert.ok(written.length < 40 * 600, `${written.length} characters for 40 failures`);
  await env.cleanUp();
});
