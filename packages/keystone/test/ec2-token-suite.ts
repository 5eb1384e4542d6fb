import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { People } from './delegation-people.ts';
import type { Answer, TestKeystone } from './harness.ts';
import { persona } from './persona.ts';

const SIGNER = join(import.meta.dirname, 'sign-requests.py');
const skip = existsSync('/usr/lib/python3/dist-packages/botocore') ? false : 'python3-botocore is not installed';

type Shown = Record<string, unknown> & { readonly signature: string; readonly params?: Record<string, string> };
type Signed = Record<'ec2' | 's3', Record<string, Shown>>;

/** Requests as Amazon's clients sign them, now or at another time. */
function signed(key: { access: string; secret: string }, at?: Date): Promise<Signed> {
  const time = at && { time: at.toISOString().replace(/\.\d+Z$/, 'Z') };
  return new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', [SIGNER], { timeout: 60_000 }, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout)),
    );
    child.stdin?.end(JSON.stringify({ access: key.access, secret: key.secret, ...time }));
  });
}

/** Tokens for signatures, on one database. */
export function ec2TokenSuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  const shows = (kind: 'ec2' | 's3', credentials: object, token?: string | null): Promise<Answer> =>
    cloud().call('POST', `/v3/${kind}tokens`, { token, body: { credentials } });

  /** A member of a project with an EC2 key for it, and what it signed. */
  async function setUp(prefix: string) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [person, project, member] = [await people.person(), await people.project(), await people.roleId('member')];
    await people.give(person, project.id, member);
    const body = { tenant_id: project.id };
    const { credential } = await expect(201, 'POST', `/v3/users/${person.id}/credentials/OS-EC2`, { body });
    return { people, person, project, member, key: credential as { access: string; secret: string } };
  }

  test(`${engine}: botocore's signatures of every kind give a token for the key's project`, { skip }, async () => {
    const { people, person, project, key } = await setUp('signed');
    const requests = await signed(key);
    for (const [how, request] of Object.entries(requests.ec2)) {
      const answer = await shows('ec2', request);
      assert.equal(answer.status, 200, `${how}: ${JSON.stringify(answer.body)}`);
      const { token } = answer.body;
      assert.deepEqual([token.user.id, token.project.id, token.methods], [person.id, project.id, ['ec2credential']]);
      assert.deepEqual(
        token.roles.map((role: { name: string }) => role.name),
        ['member', 'reader'],
      );
      assert.ok(token.catalog.length > 0);
      assert.equal(await people.validity(answer.headers['x-subject-token'] as string), 200);
    }
    for (const [how, text] of Object.entries(requests.s3)) {
      const answer = await shows('s3', text);
      assert.equal(answer.status, 200, `${how}: ${JSON.stringify(answer.body)}`);
      assert.equal(answer.body.token.project.id, project.id);
      assert.equal(answer.headers['x-subject-token'], undefined);
    }
    for (const name of ['credential', 'ec2Credentials'])
      await expect(200, 'POST', '/v3/ec2tokens', { body: { [name]: requests.ec2['version 4'] } });
  });

  test(`${engine}: a signature of anything else, or with another key, gives none`, { skip }, async () => {
    const { key } = await setUp('forged');
    const { ec2, s3 } = await signed(key);
    const forged = await signed({ ...key, secret: 'guessed' });
    for (const request of [...Object.values(forged.ec2)]) assert.equal((await shows('ec2', request)).status, 401);
    for (const text of [...Object.values(forged.s3)]) assert.equal((await shows('s3', text)).status, 401);
    for (const [how, request] of Object.entries(ec2)) {
      const others = [{ path: '/other' }, { verb: 'DELETE' }, { signature: '' }, { signature: undefined }];
      for (const other of [...others, { params: { ...request.params, SignatureVersion: '1' } }])
        assert.equal((await shows('ec2', { ...request, ...other })).status, 401, `${how}: ${JSON.stringify(other)}`);
    }
    const version2 = ec2['version 2'] as Shown;
    const params = { ...version2.params, Action: 'TerminateInstances' };
    assert.equal((await shows('ec2', { ...version2, params })).status, 401);
    // Some clients sign the host without its port, and some front ends show it with one.
    assert.equal((await shows('ec2', { ...version2, host: 'other.test:8788' })).status, 401);
    const token = Buffer.from('GET\n\n\n\n/bucket/other').toString('base64url');
    for (const text of Object.values(s3)) assert.equal((await shows('s3', { ...text, token })).status, 401);
    assert.equal((await shows('ec2', { ...version2, access: 'unknown' })).status, 404);
    await expect(401, 'POST', '/v3/ec2tokens', { body: { credentials: {} } });
    await expect(401, 'POST', '/v3/s3tokens', { body: { credentials: { access: key.access } } });
    await expect(400, 'POST', '/v3/ec2tokens', { body: {} });
    await expect(400, 'POST', '/v3/s3tokens', { body: {} });
    await expect(400, 'POST', '/v3/ec2tokens', { body: { credentials: { access: 7, signature: [] } } });
  });

  test(`OSSA-2025-002: who shows a signature is a service or an admin (${engine})`, { skip }, async () => {
    const { people, person, project, key } = await setUp('2025-002');
    const { ec2, s3 } = await signed(key);
    const member = await people.logIn(person, project.id);
    const manager = await persona(cloud(), 'manager', { project: project.id });
    const service = await persona(cloud(), 'service', { project: project.id });
    for (const [kind, shown] of [
      ['ec2', ec2['version 4']],
      ['s3', s3['version 4']],
    ] as const) {
      assert.equal((await shows(kind, shown as object, null)).status, 401);
      assert.equal((await shows(kind, shown as object, 'gAAAAABnonsense')).status, 401);
      for (const token of [member, manager]) assert.equal((await shows(kind, shown as object, token)).status, 403);
      for (const token of [service, cloud().admin])
        assert.equal((await shows(kind, shown as object, token)).status, 200);
    }
  });

  test(`OSSA-2020-003: a signature is over after fifteen minutes, and says when it was made (${engine})`, {
    skip,
  }, async () => {
    const { key } = await setUp('2020-003');
    for (const [minutes, status] of [
      [-16, 401],
      [-14, 200],
      [14, 200],
      [16, 401],
    ] as const) {
      const { ec2, s3 } = await signed(key, new Date(Date.now() + minutes * 60_000));
      for (const [how, request] of Object.entries(ec2))
        assert.equal((await shows('ec2', request)).status, status, `${how}, ${minutes} min`);
      for (const [how, text] of Object.entries(s3))
        assert.equal((await shows('s3', text)).status, status, `${how}, ${minutes} min`);
    }
    const { ec2 } = await signed(key);
    const { 'X-Amz-Date': _, ...headers } = (ec2['version 4'] as { headers?: Record<string, string> }).headers ?? {};
    assert.equal((await shows('ec2', { ...ec2['version 4'], headers })).status, 401);
    for (const Timestamp of ['soon', '']) {
      const params = { ...ec2['version 2']?.params, Timestamp };
      assert.equal((await shows('ec2', { ...ec2['version 2'], params })).status, 401);
    }
  });

  test(`OSSA-2013-005: nothing for what is disabled (${engine})`, { skip }, async () => {
    const domainOf = async (what: string) =>
      (await expect(201, 'POST', '/v3/domains', { body: { domain: { name: `2013-005-${what}-${engine}` } } })).domain
        .id;
    const [usersDomain, projectsDomain] = [await domainOf('user'), await domainOf('project')];
    const { user } = await expect(201, 'POST', '/v3/users', {
      body: { user: { name: 'u', password: 'p', domain_id: usersDomain } },
    });
    const { project } = await expect(201, 'POST', '/v3/projects', {
      body: { project: { name: 'p', domain_id: projectsDomain } },
    });
    const role = (await expect(200, 'GET', '/v3/roles?name=member')).roles[0].id;
    await expect(204, 'PUT', `/v3/projects/${project.id}/users/${user.id}/roles/${role}`);
    const body = { tenant_id: project.id };
    const { credential } = await expect(201, 'POST', `/v3/users/${user.id}/credentials/OS-EC2`, { body });
    const { ec2, s3 } = await signed(credential);
    const statuses = async () => [
      (await shows('ec2', ec2['version 4'] as object)).status,
      (await shows('s3', s3['version 4'] as object)).status,
    ];
    assert.deepEqual(await statuses(), [200, 200]);
    for (const [kind, id] of [
      ['user', user.id],
      ['project', project.id],
      ['domain', usersDomain],
      ['domain', projectsDomain],
    ] as const) {
      const switched = (enabled: boolean) =>
        expect(200, 'PATCH', `/v3/${kind}s/${id}`, { body: { [kind]: { enabled } } });
      await switched(false);
      assert.deepEqual(await statuses(), [401, 401], kind);
      await switched(true);
      assert.deepEqual(await statuses(), [200, 200], kind);
    }
  });

  test(`OSSA-2012-018: nothing for a project in which the user has no role any more (${engine})`, {
    skip,
  }, async () => {
    const { people, person, project, member, key } = await setUp('2012-018');
    const { ec2, s3 } = await signed(key);
    const answer = await shows('ec2', ec2['version 4'] as object);
    assert.equal(answer.status, 200);
    await people.take(person, project.id, member);
    assert.equal((await shows('ec2', ec2['version 4'] as object)).status, 401);
    assert.equal((await shows('s3', s3['version 4'] as object)).status, 401);
    assert.equal(await people.validity(answer.headers['x-subject-token'] as string), 404);
  });
}
