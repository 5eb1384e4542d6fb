/** Debian's own clients and Python's own Fernet against a listening Keystone. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '@kumo/core/exec';
import { listen } from '@kumo/core/http';
import { freePort } from '../../core/src/testing/free-ports.ts';
import { ADMIN_PASSWORD, bootstrapFor, TestKeystone } from './harness.ts';

const skip = existsSync('/usr/bin/openstack') ? false : 'python3-openstackclient is not installed';
let keystone: TestKeystone;
let url = '';

before(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  keystone = await TestKeystone.start({ bootstrap: bootstrapFor(url) });
  assert.ok(keystone.daemon.app);
  await listen(keystone.daemon.app, { host: '127.0.0.1', port });
});
after(() => keystone.stop());

async function openstack(...args: string[]): Promise<string> {
  const env = {
    OS_AUTH_URL: `${url}/v3`,
    OS_USERNAME: 'admin',
    OS_PASSWORD: ADMIN_PASSWORD,
    OS_PROJECT_NAME: 'admin',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_IDENTITY_API_VERSION: '3',
  };
  const { stdout } = await run('openstack', args, { env, timeoutMs: 60_000 });
  return stdout;
}

const json = async (...args: string[]) => JSON.parse(await openstack(...args, '-f', 'json'));

test('the openstack client', { skip }, async (t) => {
  await t.test('token issue, catalog list, endpoint list', async () => {
    const token = await json('token', 'issue');
    assert.equal(token.project_id.length, 32);
    const catalog = await json('catalog', 'list');
    assert.deepEqual(catalog.map((one: { Type: string }) => one.Type).toSorted(), ['compute', 'identity', 'volumev3']);
    assert.equal((await json('endpoint', 'list')).length, 9);
  });

  await t.test('project, user, role and assignments', async () => {
    const project = await json('project', 'create', 'lab', '--description', 'A lab', '--tag', 't1');
    assert.deepEqual([project.name, project.description, project.enabled], ['lab', 'A lab', true]);
    const user = await json(
      'user',
      'create',
      'kim',
      '--password',
      'pw',
      '--project',
      'lab',
      '--email',
      'k@example.org',
    );
    assert.equal(user.default_project_id, project.id);
    await openstack('role', 'add', '--user', 'kim', '--project', 'lab', 'member');
    const given = await json('role', 'assignment', 'list', '--user', 'kim', '--names', '--effective');
    assert.deepEqual(given.map((one: { Role: string }) => one.Role).toSorted(), ['member', 'reader']);
    assert.deepEqual(given[0].Project, 'lab@Default');
    await openstack('user', 'set', '--disable', 'kim');
    assert.equal((await json('user', 'show', 'kim')).enabled, false);
    await openstack('user', 'delete', 'kim');
    await openstack('project', 'delete', 'lab');
    const left = await json('project', 'list');
    assert.deepEqual(left.map((one: { Name: string }) => one.Name).toSorted(), ['admin', 'demo', 'service']);
  });
});

test('Python’s cryptography and msgpack read a token as Keystone would', { skip }, async () => {
  const directory = join(keystone.env.stateDir, 'keystone', 'fernet-keys');
  const [primary, staged] = await Promise.all(['1', '0'].map((name) => readFile(join(directory, name), 'utf8')));
  const program = [
    'import sys, json, msgpack, base64, uuid',
    'from cryptography.fernet import Fernet, MultiFernet',
    'primary, staged, token = sys.stdin.read().split()',
    'box = MultiFernet([Fernet(primary), Fernet(staged)])',
    "padded = (token + '=' * (-len(token) % 4)).encode()",
    'version, user, methods, project, expires, audits = msgpack.unpackb(box.decrypt(padded))',
    'print(json.dumps([version, uuid.UUID(bytes=user[1]).hex, methods, uuid.UUID(bytes=project[1]).hex,',
    "  type(expires).__name__, expires, [base64.urlsafe_b64encode(a).decode().rstrip('=') for a in audits]]))",
  ].join('\n');
  const { stdout } = await run('/usr/bin/python3', ['-c', program], {
    input: `${primary}\n${staged}\n${keystone.admin}\n`,
  });
  const { token } = await keystone.expect(200, 'GET', '/v3/auth/tokens', {
    headers: { 'x-subject-token': keystone.admin },
  });
  const expires = Date.parse(token.expires_at) / 1000;
  assert.deepEqual(JSON.parse(stdout), [2, token.user.id, 2, token.project.id, 'float', expires, token.audit_ids]);
});
