/** `kumo keystone …` beside a running cloud, and a cloud that begins with what OpenStack's own Keystone knew. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KIM_PASSWORD, type Populated, populate } from '../../keystone/test/interop/populate.ts';
import { RealKeystone, realKeystoneMissing } from '../../keystone/test/interop/real-keystone.ts';
import { Remote } from '../../keystone/test/interop/remote.ts';
import { Cloud } from '../src/cloud.ts';

const DEFAULT = { domain: { id: 'default' } };

test('operators', async (t) => {
  await using cloud = await Cloud.start({ fake: true });
  const keystone = new Remote(cloud.url('keystone'));
  const credentials = cloud.credentials();
  const adminPassword = credentials.OS_PASSWORD ?? '';
  const adminScope = { project: { name: 'admin', ...DEFAULT } };
  const admin = () => keystone.logIn('admin', adminPassword, adminScope);
  const demoPassword = cloud.credentials('demo').OS_PASSWORD ?? '';
  const canLogIn = (name: string, password: string) =>
    keystone.logIn(name, password).then(
      () => true,
      () => false,
    );
  const inspect = async (token: string) => {
    const { code, stdout, stderr } = await cloud.kumoOutcome(['keystone', 'token', 'inspect', '--json'], {
      input: token,
    });
    return { code, stderr, said: stdout === '' ? undefined : JSON.parse(stdout) };
  };

  await t.test('fernet rotate: tokens of before stay valid, new ones have the new key', async () => {
    const old = await admin();
    const before = (await inspect(old)).said.keyNumber;
    const { tokens } = JSON.parse(await cloud.kumo('keystone', 'fernet', 'rotate', '--json'));
    assert.ok(tokens.primary > before);
    const fresh = await admin();
    assert.ok(await keystone.validate(fresh, old));
    assert.ok(await keystone.validate(old, fresh));
  });

  await t.test('token inspect says what a token is and whether it is valid', async () => {
    const token = await admin();
    const { code, said } = await inspect(token);
    assert.equal(code, 0);
    assert.deepEqual([said.valid, said.userName, said.scope.kind], [true, 'admin', 'project']);
    await keystone.expect(204, 'DELETE', '/v3/auth/tokens', { token, headers: { 'x-subject-token': token } });
    const revoked = await inspect(token);
    assert.deepEqual([revoked.code, revoked.said.valid], [1, false]);
    const nonsense = await inspect('gAAAAABnonsense');
    assert.equal(nonsense.code, 1);
    assert.match(nonsense.stderr, /no token of this cloud/);
  });

  await t.test('users lock and unlock', async () => {
    const token = await keystone.logIn('demo', demoPassword);
    await cloud.kumo('keystone', 'users', 'lock', 'demo');
    assert.equal(await canLogIn('demo', demoPassword), false);
    // A running Keystone notices within a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    assert.equal(await keystone.validate(await admin(), token), undefined);
    await cloud.kumo('keystone', 'users', 'unlock', 'demo');
    assert.equal(await canLogIn('demo', demoPassword), true);
    const { code, stderr } = await cloud.kumoOutcome(['keystone', 'users', 'lock', 'nobody']);
    assert.equal(code, 1);
    assert.match(stderr, /there is no user nobody in domain Default/);
  });

  await t.test('credential rotate: what was stored is still read', async () => {
    const token = await admin();
    const { user } = await keystone.validate(token, token);
    const { credential } = await keystone.expect(201, 'POST', '/v3/credentials', {
      token,
      body: { credential: { user_id: user.id, type: 'cert', blob: 'a certificate' } },
    });
    const rotation = JSON.parse(await cloud.kumo('keystone', 'credential', 'rotate', '--json'));
    assert.equal(rotation.encryptedAnew, 1);
    const shown = await keystone.expect(200, 'GET', `/v3/credentials/${credential.id}`, { token });
    assert.equal(shown.credential.blob, 'a certificate');
  });

  await t.test('bootstrap --reset-passwords lets admin in again', async () => {
    const token = await admin();
    const { user } = await keystone.validate(token, token);
    await keystone.expect(200, 'PATCH', `/v3/users/${user.id}`, { token, body: { user: { password: 'forgotten' } } });
    assert.equal(await canLogIn('admin', adminPassword), false);
    await cloud.kumo('keystone', 'bootstrap');
    assert.equal(await canLogIn('admin', adminPassword), false, 'a password that was changed stays');
    await cloud.kumo('keystone', 'bootstrap', '--reset-passwords');
    assert.equal(await canLogIn('admin', adminPassword), true);
  });

  await t.test('import refuses a cloud in use', async () => {
    const { code, stderr } = await cloud.kumoOutcome(['keystone', 'import', '--from', 'sqlite:/nowhere/keystone.db']);
    assert.equal(code, 1);
    assert.match(stderr, /import into a fresh state directory/);
  });
});

test('a cloud that takes over a real Keystone', { skip: realKeystoneMissing }, async (t) => {
  let real: RealKeystone;
  let has: Populated;
  before(async () => {
    real = await RealKeystone.start();
    has = await populate(new Remote(real.url));
  });
  after(() => real?.stop());

  await t.test('its users log in with their passwords, its tokens are valid, and Kumo works', async () => {
    const issued = await new Remote(real.url).logIn('kim', KIM_PASSWORD, { project: { id: has.projectId } });
    await using cloud = await Cloud.prepare({ fake: true });
    const args = ['keystone', 'import', '--from', '-', '--json'];
    const keys = ['--token-keys', real.tokenKeys, '--credential-keys', real.credentialKeys];
    const { code, stdout, stderr } = await cloud.kumoOutcome([...args, ...keys], { input: real.databaseUrl });
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).taken.trusts, 1);
    await cloud.up();
    const ours = new Remote(cloud.url('keystone'));
    const kim = await ours.logIn('kim', KIM_PASSWORD, { project: { id: has.projectId } });
    const seen = await ours.validate(kim, issued);
    assert.equal(seen.user.id, has.kimId);
    await cloud.openstack(['server', 'list']);
  });
});
