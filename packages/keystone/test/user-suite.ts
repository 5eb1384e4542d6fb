import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Db } from '@kumo/core/db';
import type { KeystoneTables } from '../src/db/schema.ts';
import { People } from './delegation-people.ts';
import type { Answer, TestKeystone } from './harness.ts';
import { persona } from './persona.ts';

/** Made by Debian's python3-passlib. */
const FOREIGN = {
  bcrypt: '$2b$05$1PpQYJrrSDbgTR0OeCf2kOSw2ecx8oMY50Z4UGWZm04qmRfEICaF2',
  'bcrypt-sha256': '$bcrypt-sha256$2b,5$Sf6HO3kVXMjlav5YifLFR.$w5qKjSJdJppKqzMKlAZ7GWV78lsFKXi',
  scrypt: '$scrypt$ln=10,r=8,p=1$PAcA4DwnZGxtzdl7732PsQ$xXxPZ8R9JQbZprM2IuuG+IcZ4HdPYupPysBiFHzGno8',
  pbkdf2:
    '$pbkdf2-sha512$1000$uBdCKEXImbPW2rvXeq.1Ng$SuT4s/axH/Zi6wqdDwAFWdSX1tw7i6UE6d.WU7UWz0lBDAWD1UoilplHhvVuRKCWtOscOWbHOWrTROGFJ4bOIw',
};

/** Users whole, on one database. */
export function userSuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);
  const make = async (values: object = {}, token?: string) =>
    (await expect(201, 'POST', '/v3/users', { token, body: { user: { name: `u-${randomUUID()}`, ...values } } })).user;
  const logIn = (id: string, password: string): Promise<Answer> => {
    const identity = { methods: ['password'], password: { user: { id, password } } };
    return cloud().call('POST', '/v3/auth/tokens', { token: null, body: { auth: { identity } } });
  };
  const hashOf = async (userId: string) =>
    (await database().q.selectFrom('passwords').select('hash').where('user_id', '=', userId).executeTakeFirstOrThrow())
      .hash;

  for (const [kind, hash] of Object.entries(FOREIGN))
    test(`${engine}: a ${kind} hash of another Keystone is verified, and argon2id after the login`, async () => {
      const { id } = await make({ password: 'another' });
      await database().q.updateTable('passwords').set({ hash }).where('user_id', '=', id).execute();
      assert.equal((await logIn(id, 'wrong horse')).status, 401);
      assert.equal(await hashOf(id), hash);
      const token = (await logIn(id, 'correct horse')).headers['x-subject-token'] as string;
      assert.match(await hashOf(id), /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
      assert.equal((await logIn(id, 'correct horse')).status, 201);
      await expect(200, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
    });

  test(`${engine}: options of a user are checked, set one by one, and taken away with null`, async () => {
    const rules = [['password', 'totp'], ['external']];
    const user = await make({ options: { ignore_password_expiry: true, multi_factor_auth_rules: rules } });
    assert.deepEqual(user.options, { ignore_password_expiry: true, multi_factor_auth_rules: rules });
    const patch = async (status: number, options: unknown) =>
      (await expect(status, 'PATCH', `/v3/users/${user.id}`, { body: { user: { options } } })).user?.options;
    const flags = { lock_password: true, ignore_lockout_failure_attempts: false, ignore_user_inactivity: true };
    const known = { ignore_password_expiry: true, multi_factor_auth_rules: rules, ...flags };
    assert.deepEqual(await patch(200, flags), known);
    for (const wrong of [
      { lock_password: 'yes' },
      { unknown: true },
      { multi_factor_auth_enabled: 1 },
      { multi_factor_auth_rules: ['password'] },
      { multi_factor_auth_rules: [[]] },
      { multi_factor_auth_rules: [['password', 'password']] },
      { multi_factor_auth_rules: [['password'], ['password']] },
      { multi_factor_auth_rules: [[7]] },
      [],
    ])
      await patch(400, wrong);
    assert.deepEqual(await patch(200, { multi_factor_auth_rules: null, ignore_password_expiry: null }), flags);
    await expect(400, 'POST', '/v3/users', { body: { user: { name: 'x', options: { unknown: 1 } } } });
  });

  test(`${engine}: names, extra attributes, domains and ids`, async () => {
    const user = await make({ name: ` padded-${engine} `, email: 'a@b', description: null, room: { floor: 7 } });
    assert.deepEqual(
      [user.name, user.email, user.description, user.room],
      [`padded-${engine}`, 'a@b', null, { floor: 7 }],
    );
    await expect(409, 'POST', '/v3/users', { body: { user: { name: `padded-${engine}` } } });
    const patch = (status: number, values: object) =>
      expect(status, 'PATCH', `/v3/users/${user.id}`, { body: { user: values } });
    const { user: changed } = await patch(200, { email: 'c@d', id: user.id, domain_id: 'default' });
    assert.deepEqual([changed.email, changed.room, changed.extra.email], ['c@d', { floor: 7 }, 'c@d']);
    await patch(400, { domain_id: 'other' });
    await patch(400, { domain_id: null });
    await patch(400, { id: 'other' });
    for (const wrong of [
      {},
      { name: '' },
      { name: '  ' },
      { name: 'x'.repeat(256) },
      { enabled: 'yes' },
      { password: 7 },
    ])
      await patch(400, wrong);
    await expect(404, 'POST', '/v3/users', { body: { user: { name: 'x', domain_id: 'nowhere' } } });
    await expect(404, 'PATCH', '/v3/users/nobody', { body: { user: { name: 'x' } } });
    for (const secret of ['password', 'hash', 'original_password'])
      assert.equal(secret in (await expect(200, 'GET', `/v3/users/${user.id}`)).user, false);
  });

  test(`${engine}: users are listed by every filter`, async () => {
    const { domain } = await expect(201, 'POST', '/v3/domains', { body: { domain: { name: `users-${engine}` } } });
    const inside = { domain_id: domain.id };
    const [ann, bob] = [
      await make({ name: 'Ann Lee', ...inside }),
      await make({ name: 'bob', enabled: false, ...inside }),
    ];
    const list = async (query: string, token?: string) =>
      (await expect(200, 'GET', `/v3/users?domain_id=${domain.id}${query}`, { token })).users.map(
        (one: { id: string }) => one.id,
      );
    const both = [ann.id, bob.id].toSorted();
    for (const [query, ids] of [
      ['', both],
      ['&name=bob', [bob.id]],
      ['&name=BOB', []],
      ['&enabled=true', [ann.id]],
      ['&enabled=false', [bob.id]],
      ['&name__contains=nn%20L', [ann.id]],
      ['&name__startswith=bo', [bob.id]],
      ['&idp_id=any', []],
      ['&unique_id=any', []],
      ['&unknown=7', both],
    ] as const)
      assert.deepEqual((await list(query)).toSorted(), ids, query);
    const reader = await persona(cloud(), 'reader', { domain: domain.id });
    assert.deepEqual((await list('', reader)).toSorted(), both);
    const elsewhere = (await expect(200, 'GET', '/v3/users?domain_id=default', { token: reader })).users;
    assert.deepEqual(elsewhere, []);
    const everything = (await expect(200, 'GET', '/v3/users', { token: reader })).users;
    assert.equal(everything.length, 2);
  });

  test(`${engine}: groups and projects of a user, for itself and for who may see it`, async () => {
    const people = new People(cloud, `sub-${engine}`);
    const [person, other, project, second] = [
      await people.person(),
      await people.person(),
      await people.project(),
      await people.project(),
    ];
    for (const { id } of [project, second]) await people.give(person, id, await people.roleId('member'));
    await expect(200, 'PATCH', `/v3/projects/${second.id}`, { body: { project: { enabled: false } } });
    const { group } = await expect(201, 'POST', '/v3/groups', { body: { group: { name: `g-${randomUUID()}` } } });
    await expect(204, 'PUT', `/v3/groups/${group.id}/users/${person.id}`);
    const [own, foreign] = [await people.logIn(person, project.id), await people.logIn(other)];
    const names = (rows: { name: string }[]) => rows.map((one) => one.name);
    const projects = async (query = '') =>
      names((await expect(200, 'GET', `/v3/users/${person.id}/projects${query}`, { token: own })).projects);
    assert.deepEqual((await projects()).toSorted(), [project.name, second.name].toSorted());
    assert.deepEqual(await projects('?enabled=true'), [project.name]);
    assert.deepEqual(await projects(`?name=${second.name}`), [second.name]);
    assert.deepEqual(await projects('?domain_id=other'), []);
    const { groups } = await expect(200, 'GET', `/v3/users/${person.id}/groups`, { token: own });
    assert.deepEqual(names(groups), [group.name]);
    for (const sub of ['groups', 'projects']) {
      await expect(403, 'GET', `/v3/users/${person.id}/${sub}`, { token: foreign });
      await expect(403, 'GET', `/v3/users/nobody/${sub}`, { token: foreign });
      await expect(404, 'GET', `/v3/users/nobody/${sub}`);
    }
  });

  test(`OSSA-2012-013: a refused change of the default project changes nothing (${engine})`, async () => {
    const people = new People(cloud, `2012-013-${engine}`);
    const [person, project] = [await people.person(), await people.project()];
    const token = await people.logIn(person);
    const state = async () => [
      await expect(200, 'GET', `/v3/users/${person.id}`),
      await expect(200, 'GET', `/v3/role_assignments?user.id=${person.id}`),
    ];
    const before = await state();
    const wanted = { body: { user: { default_project_id: project.id } } };
    await expect(403, 'PATCH', `/v3/users/${person.id}`, { ...wanted, token });
    await expect(401, 'PATCH', `/v3/users/${person.id}`, { ...wanted, token: null });
    const domain = { body: { user: { default_project_id: 'default', name: 'renamed' } } };
    await expect(400, 'PATCH', `/v3/users/${person.id}`, domain);
    await expect(400, 'POST', '/v3/users', { body: { user: { name: 'x', default_project_id: 'default' } } });
    assert.deepEqual(await state(), before);
    // Granted, it is a preference and no membership.
    await expect(200, 'PATCH', `/v3/users/${person.id}`, wanted);
    assert.deepEqual((await state())[1], before[1]);
    const scoped = await people.authenticate(people.auth(person));
    assert.deepEqual([scoped.status, scoped.body.token.project], [201, undefined]);
  });

  test(`OSSA-2012-002: a password of a megabyte is refused, and the service goes on (${engine})`, async () => {
    const { id } = await make({ password: 'right' });
    const huge = 'x'.repeat(1_000_000);
    const startedAt = performance.now();
    for (const [method, url, body] of [
      ['POST', '/v3/users', { user: { name: 'huge', password: huge } }],
      ['PATCH', `/v3/users/${id}`, { user: { password: huge } }],
      ['POST', `/v3/users/${id}/password`, { user: { original_password: huge, password: 'x' } }],
      ['POST', `/v3/users/${id}/password`, { user: { original_password: 'right', password: huge } }],
    ] as const) {
      const { error } = await expect(400, method, url, { body });
      assert.ok(JSON.stringify(error).length < 10_000);
    }
    const login = await logIn(id, huge);
    assert.ok(login.status === 400 || login.status === 401, String(login.status));
    assert.ok(performance.now() - startedAt < 5_000);
    assert.equal((await logIn(id, 'right')).status, 201);
  });

  test(`${engine}: a password of null is none; enabling and disabling`, async () => {
    const { id } = await make({ password: 'right' });
    const patch = (values: object) => expect(200, 'PATCH', `/v3/users/${id}`, { body: { user: values } });
    await patch({ password: null });
    assert.equal((await logIn(id, 'right')).status, 401);
    await patch({ password: 'right' });
    const token = (await logIn(id, 'right')).headers['x-subject-token'] as string;
    await patch({ enabled: false });
    await expect(404, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
    assert.equal((await logIn(id, 'right')).status, 401);
    await patch({ enabled: true });
    assert.equal((await logIn(id, 'right')).status, 201);
    const body = { user: { original_password: 'right', password: 'right', more: 1 } };
    await expect(400, 'POST', `/v3/users/${id}/password`, { body });
    await expect(401, 'POST', '/v3/users/nobody/password', {
      token: null,
      body: { user: { original_password: 'a', password: 'b' } },
    });
  });
}
