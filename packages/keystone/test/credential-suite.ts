import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { People } from './delegation-people.ts';
import type { TestKeystone } from './harness.ts';

const LIST = '/v3/credentials';

/** Credentials and EC2 keys, on one database. */
export function credentialSuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  /** Two members of one project, with tokens for it. */
  async function setUp(prefix: string) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [one, other, project] = [await people.person(), await people.person(), await people.project()];
    for (const person of [one, other]) await people.give(person, project.id, await people.roleId('member'));
    const [token, others] = [await people.logIn(one, project.id), await people.logIn(other, project.id)];
    return { people, one, other, project, token, others };
  }

  const make = async (credential: object, token?: string) =>
    (await expect(201, 'POST', LIST, { token, body: { credential } })).credential;

  test(`${engine}: a credential is made, shown, listed, changed and deleted by its owner`, async () => {
    const { one, project, token } = await setUp('cred');
    const wanted = { user_id: one.id, project_id: project.id, type: 'cert', blob: 'pem', colour: 'blue' };
    const made = await make(wanted, token);
    assert.equal(made.links.self.endsWith(`/v3/credentials/${made.id}`), true);
    assert.deepEqual([made.user_id, made.type, made.blob, made.colour], [one.id, 'cert', 'pem', 'blue']);
    assert.deepEqual((await expect(200, 'GET', `${LIST}/${made.id}`, { token })).credential, made);
    const secret = await make({ user_id: one.id, type: 'totp', blob: 'JBSWY3DPEHPK3PXP' }, token);
    assert.equal(secret.project_id, null);
    const ids = async (query: string) =>
      (await expect(200, 'GET', `${LIST}${query}`, { token })).credentials.map((row: { id: string }) => row.id);
    assert.deepEqual((await ids('')).toSorted(), [made.id, secret.id].toSorted());
    assert.deepEqual(await ids('?type=totp'), [secret.id]);
    assert.deepEqual(await ids(`?user_id=${one.id}&type=cert`), [made.id]);
    assert.equal((await ids('?limit=1')).length, 1);
    const change = { body: { credential: { blob: 'renewed' } }, token };
    const { credential } = await expect(200, 'PATCH', `${LIST}/${made.id}`, change);
    assert.deepEqual(credential, { ...made, blob: 'renewed' });
    await expect(204, 'DELETE', `${LIST}/${made.id}`, { token });
    await expect(404, 'GET', `${LIST}/${made.id}`);
    await expect(403, 'GET', `${LIST}/${made.id}`, { token });
    await expect(404, 'DELETE', `${LIST}/${made.id}`);
  });

  test(`OSSA-2019-006: nobody lists, shows or changes what is another's (${engine})`, async () => {
    const { one, other, token, others } = await setUp('2019-006');
    const hers = await make({ user_id: one.id, type: 'totp', blob: 'JBSWY3DPEHPK3PXP' }, token);
    for (const query of [
      '',
      `?user_id=${one.id}`,
      '?type=totp',
      `?user_id=${one.id}&type=totp`,
      `?marker=${hers.id}`,
    ]) {
      const { credentials } = await expect(200, 'GET', `${LIST}${query}`, { token: others });
      assert.deepEqual(credentials, [], query);
    }
    const body = { credential: { blob: 'x' } };
    await expect(403, 'GET', `${LIST}/${hers.id}`, { token: others });
    await expect(403, 'PATCH', `${LIST}/${hers.id}`, { token: others, body });
    await expect(403, 'DELETE', `${LIST}/${hers.id}`, { token: others });
    await expect(403, 'POST', LIST, { token: others, body: { credential: { user_id: one.id, type: 'x', blob: 'y' } } });
    const all = (await expect(200, 'GET', `${LIST}?type=totp`)).credentials;
    assert.ok(all.some((row: { id: string }) => row.id === hers.id));
    assert.deepEqual((await expect(200, 'GET', `${LIST}?user_id=${other.id}`)).credentials, []);
  });

  test(`OSSA-2020-004: owner, project, type and scope of a credential stay (${engine})`, async () => {
    const { one, other, project, token } = await setUp('2020-004');
    const blob = JSON.stringify({ access: `a${one.id}`, secret: 's', trust_id: 't' });
    const key = await make({ user_id: one.id, project_id: project.id, type: 'ec2', blob }, token);
    assert.equal(key.id, createHash('sha256').update(`a${one.id}`).digest('hex'));
    const patch = (status: number, credential: object, by?: string) =>
      expect(status, 'PATCH', `${LIST}/${key.id}`, { token: by, body: { credential } });
    for (const change of [{ user_id: other.id }, { project_id: 'other' }, { project_id: null }, { type: 'cert' }])
      for (const by of [token, undefined]) await patch(400, { blob, ...change }, by);
    for (const trust_id of [undefined, null, 'other'])
      await patch(400, { blob: JSON.stringify({ access: `a${one.id}`, secret: 's', trust_id }) }, token);
    await patch(400, { blob: JSON.stringify({ access: 'x', secret: 's', trust_id: 't', app_cred_id: 'more' }) }, token);
    await patch(400, { id: 'another', blob }, token);
    await patch(400, { user_id: one.id }, token);
    assert.deepEqual((await expect(200, 'GET', `${LIST}/${key.id}`)).credential, key);
    // What is repeated as it is changes nothing.
    const next = JSON.stringify({ access: `a${one.id}`, secret: 'new', trust_id: 't' });
    const repeated = { user_id: one.id, project_id: project.id, type: 'ec2', blob: next };
    assert.equal((await patch(200, repeated, token)).credential.blob, next);
  });

  test(`${engine}: what cannot be a credential is refused`, async () => {
    const { one, project, token } = await setUp('bad');
    const good = { user_id: one.id, project_id: project.id, type: 'ec2', blob: '{"access":"dup","secret":"s"}' };
    for (const wrong of [
      { blob: 'no json' },
      { blob: '[]' },
      { blob: 'null' },
      { blob: '{"secret":"s"}' },
      { blob: '{"access":7}' },
      { blob: undefined },
      { blob: { access: 'a' } },
      { project_id: undefined },
      { project_id: null },
      { type: undefined },
      { user_id: undefined },
      { user_id: null },
    ])
      await expect(400, 'POST', LIST, { token, body: { credential: { ...good, ...wrong } } });
    const made = await make(good, token);
    await expect(409, 'POST', LIST, { token, body: { credential: good } });
    await expect(204, 'DELETE', `${LIST}/${made.id}`, { token });
  });

  test(`${engine}: EC2 keys by the older API`, async () => {
    const { one, other, project, token, others } = await setUp('ec2');
    const list = `/v3/users/${one.id}/credentials/OS-EC2`;
    const body = { tenant_id: project.id };
    const { credential: key } = await expect(201, 'POST', list, { token, body });
    assert.match(key.access, /^[0-9a-f]{32}$/);
    assert.deepEqual([key.user_id, key.tenant_id, key.trust_id], [one.id, project.id, null]);
    assert.ok(key.links.self.endsWith(`${list}/${key.access}`));
    const second = (await expect(201, 'POST', list, { body })).credential;
    const { credentials } = await expect(200, 'GET', list, { token });
    assert.deepEqual(
      credentials.map((row: { access: string }) => row.access).toSorted(),
      [key.access, second.access].toSorted(),
    );
    assert.deepEqual((await expect(200, 'GET', `${list}/${key.access}`, { token })).credential, key);
    const id = createHash('sha256').update(key.access).digest('hex');
    const plain = (await expect(200, 'GET', `${LIST}/${id}`, { token })).credential;
    assert.deepEqual([plain.type, JSON.parse(plain.blob).secret], ['ec2', key.secret]);
    for (const [method, path] of [
      ['GET', list],
      ['GET', `${list}/${key.access}`],
      ['DELETE', `${list}/${key.access}`],
    ] as const)
      await expect(403, method, path, { token: others });
    await expect(403, 'POST', list, { token: others, body });
    await expect(403, 'GET', `/v3/users/${other.id}/credentials/OS-EC2/${key.access}`, { token: others });
    await expect(404, 'POST', list, { token, body: { tenant_id: 'nowhere' } });
    await expect(404, 'POST', '/v3/users/nobody/credentials/OS-EC2', { body });
    await expect(400, 'POST', list, { token, body: {} });
    await expect(404, 'GET', `${list}/unknown`, { token });
    await expect(404, 'DELETE', `${list}/unknown`, { token: others });
    await expect(204, 'DELETE', `${list}/${key.access}`, { token });
    await expect(404, 'GET', `${list}/${key.access}`, { token });
  });

  test(`${engine}: credentials go with their user and their project`, async () => {
    const { one, other, project, token, others } = await setUp('gone');
    const ofUser = await make({ user_id: one.id, type: 'cert', blob: 'b' }, token);
    const ofProject = await make({ user_id: other.id, project_id: project.id, type: 'cert', blob: 'b' }, others);
    const ofNone = await make({ user_id: other.id, type: 'cert', blob: 'b' }, others);
    await expect(204, 'DELETE', `/v3/users/${one.id}`);
    await expect(404, 'GET', `${LIST}/${ofUser.id}`);
    await expect(204, 'DELETE', `/v3/projects/${project.id}`);
    await expect(404, 'GET', `${LIST}/${ofProject.id}`);
    await expect(200, 'GET', `${LIST}/${ofNone.id}`);
  });
}
