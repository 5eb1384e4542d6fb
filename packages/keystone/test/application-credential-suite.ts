import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from './delegation-people.ts';
import { ADMIN_PASSWORD, passwordAuth, type TestKeystone } from './harness.ts';

/** Application credentials: their bodies, logins with them, and how they end, on one database. */
export function applicationCredentialSuite(engine: string, cloud: () => TestKeystone): void {
  const expect: TestKeystone['expect'] = (...args) => cloud().expect(...args);

  /** An owner who is member of a project and has one more role there. */
  async function setUp(prefix: string) {
    const people = new People(cloud, `${prefix}-${engine}`);
    const [owner, project, extra] = [await people.person(), await people.project(), await people.role()];
    const member = await people.roleId('member');
    await people.give(owner, project.id, member);
    await people.give(owner, project.id, extra.id);
    const token = await people.logIn(owner, project.id);
    const path = `/v3/users/${owner.id}/application_credentials`;
    const create = async (values: object = {}, by = token) =>
      (await expect(201, 'POST', path, { token: by, body: { application_credential: { name: 'app', ...values } } }))
        .application_credential;
    const refuse = (status: number, values: object, by = token) =>
      expect(status, 'POST', path, { token: by, body: { application_credential: { name: 'other', ...values } } });
    return { people, owner, project, extra, member, token, path, create, refuse };
  }

  test(`${engine}: an application credential's body, its secret shown once, the lists it is in`, async () => {
    const { owner, project, extra, token, path, create } = await setUp('body');
    const made = await create({
      roles: [{ id: extra.id }],
      description: 'for the monitor',
      expires_at: '2199-02-27T18:30:59.123456Z',
    });
    const { secret, ...shown } = made;
    assert.match(secret, /^[\w-]{86}$/);
    const { links: _, ...role } = extra as typeof extra & { links?: unknown };
    assert.deepEqual(shown, {
      id: made.id,
      name: 'app',
      description: 'for the monitor',
      user_id: owner.id,
      project_id: project.id,
      system: null,
      roles: [role],
      expires_at: '2199-02-27T18:30:59.123456',
      unrestricted: false,
      links: { self: `http://localhost:80${path}/${made.id}` },
    });
    const one = `${path}/${made.id}`;
    assert.deepEqual((await expect(200, 'GET', one, { token })).application_credential, shown);
    assert.equal((await cloud().call('HEAD', one, { token })).status, 200);
    const second = await create({ name: 'second', secret: 'chosen' });
    assert.deepEqual(
      [second.secret, second.roles.map((one: { name: string }) => one.name).toSorted(), second.expires_at],
      ['chosen', [extra.name, 'member', 'reader'].toSorted(), null],
    );
    const names = async (query: string) =>
      (await expect(200, 'GET', path + query, { token })).application_credentials.map(
        (one: { name: string }) => one.name,
      );
    assert.deepEqual((await names('')).toSorted(), ['app', 'second']);
    assert.deepEqual(await names('?name=second'), ['second']);
    const page = await expect(200, 'GET', `${path}?limit=1`, { token });
    assert.equal(page.application_credentials.length, 1);
    assert.equal('secret' in page.application_credentials[0], false);
    assert.ok(page.links.next);
    await expect(405, 'PATCH', one, { token, body: { application_credential: { name: 'x' } } });
    await expect(204, 'DELETE', one, { token });
    await expect(404, 'DELETE', one, { token });
    await expect(404, 'GET', one, { token });
  });

  test(`${engine}: roles by id or name, with what they imply, never more than the token has`, async () => {
    const { people, extra, create, refuse } = await setUp('roles');
    const made = await create({ roles: [{ name: 'member' }] });
    assert.deepEqual(made.roles.map((one: { name: string }) => one.name).toSorted(), ['member', 'reader']);
    const token = (await people.authenticate(people.withCredential({ id: made.id, secret: made.secret }))).body.token;
    assert.deepEqual(
      token.roles.map((one: { name: string }) => one.name),
      ['member', 'reader'],
    );
    await refuse(400, { roles: [{ name: 'admin' }] });
    await refuse(400, { roles: [{ id: extra.id }, { id: 'nothing' }] });
    await refuse(404, { roles: [{ name: 'no such role' }] });
  });

  test(`${engine}: what makes no application credential`, async () => {
    const { people, owner, path, token, create, refuse } = await setUp('wrong');
    await create();
    const same = await refuse(409, { name: 'app' });
    assert.match(same.error.message, /application_credential/);
    for (const name of ['', ' ', 'x'.repeat(256), 7, undefined]) await refuse(400, { name });
    for (const expires_at of ['tomorrow', '2011-01-01T00:00:00', '2199-01-01T00:00:00+02:00'])
      await refuse(400, { expires_at });
    await refuse(400, { roles: [{}] });
    await refuse(400, { unrestricted: 'yes' });
    await refuse(400, { colour: 'red' });
    await refuse(400, { secret: 'x'.repeat(4097) });
    await expect(400, 'POST', path, { token, body: {} });
    await refuse(403, {}, await people.logIn(owner));
    await refuse(403, {}, cloud().admin);
    const system = await people.tokenOf(passwordAuth('admin', ADMIN_PASSWORD, { system: { all: true } }));
    await refuse(403, {}, system);
    const other = await people.person();
    await expect(403, 'POST', `/v3/users/${other.id}/application_credentials`, {
      token,
      body: { application_credential: { name: 'x' } },
    });
    const left = await expect(200, 'GET', path, { token });
    assert.equal(left.application_credentials.length, 1);
  });

  test(`${engine}: whose it is says the credential, not the path`, async () => {
    const [mine, theirs] = [await setUp('mine'), await setUp('theirs')];
    const { id } = await theirs.create();
    for (const method of ['GET', 'DELETE']) {
      await expect(403, method, `${mine.path}/${id}`, { token: mine.token });
      await expect(403, method, `${theirs.path}/${id}`, { token: mine.token });
      await expect(404, method, `${mine.path}/nothing`, { token: mine.token });
      await expect(403, method, `${theirs.path}/nothing`, { token: mine.token });
    }
    await expect(403, 'GET', theirs.path, { token: mine.token });
    await expect(200, 'GET', `${theirs.path}/${id}`);
    await expect(200, 'GET', theirs.path);
    await expect(204, 'DELETE', `${theirs.path}/${id}`);
  });

  test(`${engine}: logins by id, by name and user, by name and user's name`, async () => {
    const { people, owner, project, create } = await setUp('login');
    const made = await create({ unrestricted: true });
    const { id, secret } = made;
    const users = [{ id: owner.id }, { name: owner.name, domain: { id: 'default' } }];
    const ways = [{ id, secret }, ...users.map((user) => ({ name: 'app', user, secret }))];
    for (const way of ways) {
      const answer = await people.authenticate(people.withCredential(way));
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      const { token } = answer.body;
      assert.deepEqual(token.application_credential, { id, name: 'app', restricted: false });
      assert.deepEqual(
        [token.user.id, token.project.id, token.methods],
        [owner.id, project.id, ['application_credential']],
      );
      const text = answer.headers['x-subject-token'] as string;
      assert.equal(await people.validity(text), 200);
      const shown = await expect(200, 'GET', '/v3/auth/tokens', { headers: { 'x-subject-token': text } });
      assert.deepEqual(shown.token, token);
    }
    for (const way of [
      { id, secret: `${secret}x` },
      { id, secret: '' },
      { name: 'app', user: { id: 'nobody' }, secret },
      { name: 'none', user: { id: owner.id }, secret },
    ])
      assert.equal((await people.authenticate(people.withCredential(way))).status, 401, JSON.stringify(way));
    for (const way of [
      { secret },
      { name: 'app', secret },
      { name: 'app', user: { name: owner.name }, secret },
      { id },
    ])
      assert.equal((await people.authenticate(people.withCredential(way))).status, 400, JSON.stringify(way));
    assert.equal((await people.authenticate(people.withCredential({ id: 'nothing', secret }))).status, 404);
    // Another user in the request changes nothing about whose it is.
    const admin = { name: 'admin', domain: { id: 'default' } };
    const injected = await people.authenticate(people.withCredential({ id, user: admin, secret }));
    assert.equal(injected.body.token.user.id, owner.id);
  });

  test(`${engine}: a chosen secret is right or wrong each time, also when it is known already`, async () => {
    const { people, create } = await setUp('chosen');
    const { id } = await create({ secret: 'weak' });
    const login = async (secret: string) => (await people.authenticate(people.withCredential({ id, secret }))).status;
    for (let turn = 0; turn < 2; turn++) {
      assert.deepEqual([await login('weak'), await login('weaker'), await login('wea')], [201, 401, 401]);
    }
  });

  test(`${engine}: it decides what its token is for`, async () => {
    const { people, project, create } = await setUp('scope');
    const { id, secret } = await create({ unrestricted: true });
    for (const scope of [{ project: { id: project.id } }, { system: { all: true } }, { unscoped: {} }])
      assert.equal((await people.authenticate(people.withCredential({ id, secret }, scope))).status, 401);
    const token = await people.tokenOf(people.withCredential({ id, secret }));
    for (const scope of [{ project: { id: project.id } }, { system: { all: true } }, { domain: { id: 'default' } }])
      assert.equal((await people.authenticate(people.withToken(token, scope))).status, 403);
    const again = await people.authenticate(people.withToken(token));
    assert.deepEqual([again.status, again.body.token.application_credential?.id], [201, id]);
  });

  test(`${engine}: its tokens do not outlive it`, async () => {
    const { people, create } = await setUp('expired');
    const expires_at = new Date(Date.now() + 3_000).toISOString();
    const { id, secret } = await create({ expires_at });
    const answer = await people.authenticate(people.withCredential({ id, secret }));
    assert.ok(Date.parse(answer.body.token.expires_at) <= Date.parse(expires_at));
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    assert.equal(await people.validity(answer.headers['x-subject-token'] as string), 404);
    assert.equal((await people.authenticate(people.withCredential({ id, secret }))).status, 401);
  });

  test(`${engine}: roles that the owner loses are lost at once`, async () => {
    const { people, owner, project, extra, member, create } = await setUp('lost');
    const { id, secret } = await create();
    const token = await people.tokenOf(people.withCredential({ id, secret }));
    const rolesNow = async () => {
      const { body } = await cloud().call('GET', '/v3/auth/tokens', { headers: { 'x-subject-token': token } });
      return body.token?.roles.map((one: { name: string }) => one.name);
    };
    await people.take(owner, project.id, member);
    assert.deepEqual(await rolesNow(), [extra.name]);
    await people.take(owner, project.id, extra.id);
    assert.equal(await rolesNow(), undefined);
    assert.equal((await people.authenticate(people.withCredential({ id, secret }))).status, 401);
  });

  test(`${engine}: it ends with its owner, project or role, or with itself`, async () => {
    const ends = {
      itself: (made: Awaited<ReturnType<typeof setUp>>, id: string) => expect(204, 'DELETE', `${made.path}/${id}`),
      owner: (made: Awaited<ReturnType<typeof setUp>>) => expect(204, 'DELETE', `/v3/users/${made.owner.id}`),
      project: (made: Awaited<ReturnType<typeof setUp>>) => expect(204, 'DELETE', `/v3/projects/${made.project.id}`),
      role: (made: Awaited<ReturnType<typeof setUp>>) => expect(204, 'DELETE', `/v3/roles/${made.extra.id}`),
    };
    for (const [name, end] of Object.entries(ends)) {
      const made = await setUp(`end-${name}`);
      const { id, secret } = await made.create();
      const token = await made.people.tokenOf(made.people.withCredential({ id, secret }));
      await end(made, id);
      assert.equal(await made.people.validity(token), 404, name);
      assert.equal((await made.people.authenticate(made.people.withCredential({ id, secret }))).status, 404, name);
      await expect(404, 'GET', `${made.path}/${id}`);
    }
  });

  test(`${engine}: it is of no use while its owner or project is disabled`, async () => {
    const { people, owner, project, create } = await setUp('disabled');
    const { id, secret } = await create();
    for (const [path, kind] of [
      [`/v3/users/${owner.id}`, 'user'],
      [`/v3/projects/${project.id}`, 'project'],
    ] as const) {
      const token = await people.tokenOf(people.withCredential({ id, secret }));
      await expect(200, 'PATCH', path, { body: { [kind]: { enabled: false } } });
      assert.equal(await people.validity(token), 404, kind);
      assert.equal((await people.authenticate(people.withCredential({ id, secret }))).status, 401, kind);
      await expect(200, 'PATCH', path, { body: { [kind]: { enabled: true } } });
    }
    await people.tokenOf(people.withCredential({ id, secret }));
  });
}
