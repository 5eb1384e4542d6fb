/** OpenStack's own Keystone beside ours: ours takes it over, either reads the other's tokens, and real services ask ours. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Daemon } from '@kumo/core/daemon';
import { listen } from '@kumo/core/http';
import { type TestEnv, testEnv } from '../../../core/src/testing/env.ts';
import { freePort } from '../../../core/src/testing/free-ports.ts';
import { keystone } from '../../src/daemons/keystone.ts';
import { openKeystoneDatabase } from '../../src/db/open.ts';
import { type ImportReport, KeystoneOperator } from '../../src/operator.ts';
import { testConfig } from '../harness.ts';
import { KIM_PASSWORD, LEE_PASSWORD, type Populated, populate, SERVICE_PASSWORD } from './populate.ts';
import { REAL_PASSWORD, RealKeystone, realKeystoneMissing } from './real-keystone.ts';
import { RealSwift, realSwiftMissing } from './real-swift.ts';
import { Remote } from './remote.ts';

const skip = realKeystoneMissing;
const ADMIN = { project: { name: 'admin', domain: { id: 'default' } } };

let real: RealKeystone;
let theirs: Remote;
let has: Populated;
let env: TestEnv;
let daemon: Daemon;
let ours: Remote;
let report: ImportReport;
/** Tokens that the real one issued before ours was there. */
const issuedByTheirs: Record<string, string> = {};
let revoked = '';

/** Every kind of token that both know, from one of them. */
async function everyToken(remote: Remote): Promise<Record<string, string>> {
  const lee = await remote.logIn('lee', LEE_PASSWORD);
  const { id, secret } = has.applicationCredential;
  return {
    unscoped: lee,
    project: await remote.logIn('kim', KIM_PASSWORD, { project: { id: has.projectId } }),
    inherited: await remote.logIn('lee', LEE_PASSWORD, { project: { id: has.childId } }),
    domain: await remote.logIn('kim', KIM_PASSWORD, { domain: { id: has.domainId } }),
    system: await remote.logIn('kim', KIM_PASSWORD, { system: { all: true } }),
    rescoped: await remote.authenticate({ methods: ['token'], token: { id: lee } }, { project: { id: has.projectId } }),
    trust: await remote.authenticate(
      { methods: ['token'], token: { id: lee } },
      { 'OS-TRUST:trust': { id: has.trustId } },
    ),
    'application credential': await remote.authenticate({
      methods: ['application_credential'],
      application_credential: { id, secret },
    }),
  };
}

/** What both must say alike; the order of roles is nobody's promise. */
function facts(kind: string, token: Record<string, unknown> | undefined) {
  assert.ok(token, `a token for ${kind} is valid`);
  const { methods, user, project, domain, system, roles, audit_ids, expires_at, issued_at } = token;
  const trust = token['OS-TRUST:trust'];
  const application = token.application_credential as { id: string; restricted: boolean } | undefined;
  const names = (roles as { name: string }[] | undefined)?.map((one) => one.name).toSorted();
  return {
    ...{ methods, user, project, domain, system, audit_ids, expires_at, issued_at, trust },
    roles: names,
    application: application && { id: application.id, restricted: application.restricted },
  };
}

before(async () => {
  if (skip) return;
  real = await RealKeystone.start();
  theirs = new Remote(real.url);
  has = await populate(theirs);
  Object.assign(issuedByTheirs, await everyToken(theirs));
  revoked = await theirs.logIn('lee', LEE_PASSWORD);
  await theirs.expect(204, 'DELETE', '/v3/auth/tokens', { token: revoked, headers: { 'x-subject-token': revoked } });

  const port = await freePort();
  env = testEnv({ databaseUrl: () => `sqlite:${real.directory}/kumo.db` });
  const config = testConfig({ tokens: { keyRepository: real.tokenKeys } });
  const operator = await KeystoneOperator.open(env, config);
  report = await operator.import({
    from: real.databaseUrl,
    tokenKeys: [],
    credentialKeys: await real.keys('credential'),
  });
  await operator.close();
  daemon = await keystone(env, config);
  await daemon.start();
  assert.ok(daemon.app);
  await listen(daemon.app, { host: '127.0.0.1', port });
  ours = new Remote(`http://127.0.0.1:${port}`);
});
after(async () => {
  await daemon?.stop();
  await env?.cleanUp();
  await real?.stop();
});

test('the import takes everything over, and only once', { skip }, async () => {
  const { taken } = report;
  assert.deepEqual(report.left, {});
  for (const table of ['projects', 'users', 'passwords', 'user_groups', 'group_members', 'roles', 'implied_roles'])
    assert.ok((taken[table] ?? 0) > 0, table);
  assert.equal(taken.trusts, 1);
  assert.equal(taken.application_credentials, 1);
  assert.equal(taken.access_rules, 1);
  assert.equal(taken.credentials, 1);
  assert.ok((taken.revocations ?? 0) > 0);
  const operator = await KeystoneOperator.open(env, testConfig({ tokens: { keyRepository: real.tokenKeys } }));
  await assert.rejects(
    operator.import({ from: real.databaseUrl, tokenKeys: [], credentialKeys: [] }),
    /this cloud has an identity already/,
  );
  await operator.close();
});

test('what both show is the same', { skip }, async () => {
  const [a, b] = [await theirs.logIn('admin', REAL_PASSWORD, ADMIN), await ours.logIn('admin', REAL_PASSWORD, ADMIN)];
  const without = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'URL'));
  const sorted = (list: { id: string }[]) => list.toSorted((x, y) => (x.id < y.id ? -1 : 1));
  for (const [path, key] of [
    ['/v3/projects', 'projects'],
    ['/v3/domains', 'domains'],
    ['/v3/users', 'users'],
    ['/v3/groups', 'groups'],
    ['/v3/roles', 'roles'],
    ['/v3/services', 'services'],
    ['/v3/endpoints', 'endpoints'],
    ['/v3/regions', 'regions'],
  ] as const) {
    const their = await theirs.expect(200, 'GET', path, { token: a });
    const our = await ours.expect(200, 'GET', path, { token: b });
    assert.deepEqual(
      sorted(our[key]).map((one) => without(one)),
      sorted(their[key]).map((one) => without(one)),
      path,
    );
  }
});

test('tokens issued by the real one are valid here and say the same', { skip }, async () => {
  const [a, b] = [await theirs.logIn('admin', REAL_PASSWORD, ADMIN), await ours.logIn('admin', REAL_PASSWORD, ADMIN)];
  for (const [kind, token] of Object.entries(issuedByTheirs))
    assert.deepEqual(facts(kind, await ours.validate(b, token)), facts(kind, await theirs.validate(a, token)), kind);
  assert.equal(await ours.validate(b, revoked), undefined, 'a revoked one is not');
});

test('tokens issued here are valid at the real one and say the same', { skip }, async () => {
  const [a, b] = [await theirs.logIn('admin', REAL_PASSWORD, ADMIN), await ours.logIn('admin', REAL_PASSWORD, ADMIN)];
  for (const [kind, token] of Object.entries(await everyToken(ours)))
    assert.deepEqual(facts(kind, await theirs.validate(a, token)), facts(kind, await ours.validate(b, token)), kind);
});

test('a password’s bcrypt hash becomes argon2id at the first login', { skip }, async () => {
  const db = await openKeystoneDatabase(env, 'test');
  const password = await db.q
    .selectFrom('passwords')
    .select('hash')
    .where('user_id', '=', has.kimId)
    .executeTakeFirst();
  await db.close();
  assert.match(password?.hash ?? '', /^\$argon2id\$/);
});

test('an EC2 signature with a secret of the real one’s', { skip }, async () => {
  const token = await ours.logIn('admin', REAL_PASSWORD, ADMIN);
  const { credential } = await ours.expect(200, 'GET', `/v3/users/${has.kimId}/credentials/OS-EC2/${has.ec2.access}`, {
    token,
  });
  assert.equal(credential.secret, has.ec2.secret);
  assert.equal(credential.tenant_id, has.projectId);
});

test('Debian’s swift with its own keystonemiddleware authenticates here', {
  skip: skip || realSwiftMissing,
}, async () => {
  // As after a cloud was taken over: the catalog names ours, and the filter asks at the internal endpoint.
  const admin = await ours.logIn('admin', REAL_PASSWORD, ADMIN);
  const { services } = await ours.expect(200, 'GET', '/v3/services?type=identity', { token: admin });
  await ours.expect(201, 'POST', '/v3/endpoints', {
    token: admin,
    body: {
      endpoint: { service_id: services[0].id, interface: 'internal', region_id: 'RegionOne', url: `${ours.url}/v3` },
    },
  });
  const swift = await RealSwift.start({ authUrl: ours.url, username: 'swift', password: SERVICE_PASSWORD });
  try {
    const account = (id: string, token?: string) =>
      fetch(`${swift.url}/v1/AUTH_${id}`, { headers: token === undefined ? {} : { 'x-auth-token': token } });
    const token = await ours.logIn('kim', KIM_PASSWORD, { project: { id: has.projectId } });
    assert.equal((await account(has.projectId, token)).status, 204, swift.log());
    assert.equal((await account(has.projectId)).status, 401);
    assert.equal((await account(has.projectId, `${token.slice(0, -4)}AAAA`)).status, 401);
    assert.equal((await account(has.adminProject, token)).status, 403);
    await ours.expect(204, 'DELETE', '/v3/auth/tokens', { token, headers: { 'x-subject-token': token } });
    assert.equal((await account(has.projectId, token)).status, 401, 'revoked');
  } finally {
    await swift.stop();
  }
});
