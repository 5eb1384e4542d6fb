import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@kumo/core/db';
import { renderPrometheus } from '@kumo/core/telemetry';
import { Attribute, Change, Client } from 'ldapts';
import type { KeystoneTables } from '../src/db/schema.ts';
import type { TestKeystone } from './harness.ts';
import { directory, GROUPS_DN, ldapConfig, passwordOf, USER_COUNT, uidAt, userDn } from './ldap/people.ts';
import { lacksSlapd, MANAGER, MANAGER_PASSWORD, type Slapd, startSlapd } from './ldap/slapd.ts';

const TOKENS = '/v3/auth/tokens';

/** A cloud with a domain whose users are in a real slapd, on one database. */
export function directorySuite(engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>): void {
  describe(`${engine}: users in a directory`, { skip: lacksSlapd }, () => {
    let slapd: Slapd;
    let domainId: string;
    let projectId: string;
    const bound = { user: MANAGER, password: MANAGER_PASSWORD, user_enabled_attribute: 'enabled' };

    before(async () => {
      slapd = await startSlapd(directory());
      const keystone = cloud();
      domainId = (await keystone.expect(201, 'POST', '/v3/domains', { body: { domain: { name: 'corp' } } })).domain.id;
      const project = { name: 'corp-project', domain_id: domainId };
      projectId = (await keystone.expect(201, 'POST', '/v3/projects', { body: { project } })).project.id;
      const config = { identity: { driver: 'ldap' }, ldap: ldapConfig(slapd.url, bound) };
      await keystone.expect(201, 'PUT', `/v3/domains/${domainId}/config`, { body: { config } });
    });
    after(() => slapd?.stop());

    const idOf = (kind: string, localId: string) =>
      createHash('sha256').update(`${domainId}${kind}${localId}`).digest('hex');
    const auth = (name: string, password: string, scope?: object) => ({
      auth: {
        identity: { methods: ['password'], password: { user: { name, domain: { id: domainId }, password } } },
        ...(scope && { scope }),
      },
    });
    const logIn = async (name: string, scope?: object, status = 201, password = passwordOf(name)) => {
      const answer = await cloud().call('POST', TOKENS, { token: null, body: auth(name, password, scope) });
      assert.equal(answer.status, status, `${name}: ${JSON.stringify(answer.body)}`);
      return { token: answer.headers['x-subject-token'] as string, body: answer.body };
    };
    const roleId = async (name: string) =>
      (await cloud().expect(200, 'GET', `/v3/roles?name=${name}`)).roles[0].id as string;

    test('they are listed, in pages and by filters, with the ids that Keystone makes', async () => {
      const keystone = cloud();
      const startedAt = performance.now();
      const { users, links } = await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}`);
      const allMs = performance.now() - startedAt;
      assert.equal(users.length, USER_COUNT + 15);
      assert.equal(links.next, null);
      const againAt = performance.now();
      const first = await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&limit=100`);
      const pageMs = performance.now() - againAt;
      console.log(`${engine}: ${users.length} users in ${allMs.toFixed()} ms, a page of 100 in ${pageMs.toFixed()} ms`);
      assert.ok(allMs < 10_000 && pageMs < 1_000, `${allMs} ${pageMs}`);
      assert.deepEqual(first.users, users.slice(0, 100));
      const next = new URL(first.links.next);
      const second = await keystone.expect(200, 'GET', `${next.pathname}${next.search}`);
      assert.deepEqual(second.users, users.slice(100, 200));
      const [one] = (await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&name=u0042`)).users;
      assert.deepEqual(
        [one.id, one.name, one.domain_id, one.enabled, one.email, one.options],
        [idOf('user', 'u0042'), 'u0042', domainId, true, 'u0042@example.org', {}],
      );
      assert.deepEqual((await keystone.expect(200, 'GET', `/v3/users/${one.id}`)).user, one);
      assert.equal(
        (await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&enabled=false`)).users.length,
        4,
      );
      const names = await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&name__startswith=u000`);
      assert.equal(names.users.length, 10);
      assert.equal((await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&name=U0042`)).users.length, 1);
      const inCase = await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&name__startswith=U000`);
      assert.equal(inCase.users.length, 0);
      await keystone.expect(400, 'GET', `/v3/users?domain_id=${domainId}&limit=5&marker=nobody`);
      const { users: ours } = await keystone.expect(200, 'GET', '/v3/users');
      assert.ok(ours.length < 100, 'the list of the tables is not that of directories');
    });

    test('an id stays: one that was brought along is kept, one that was purged comes back the same', async () => {
      const keystone = cloud();
      const brought = 'f'.repeat(64);
      const row = { public_id: brought, domain_id: domainId, local_id: 'u0300', entity_type: 'user' as const };
      await database().q.deleteFrom('id_mappings').where('local_id', '=', 'u0300').execute();
      await database().q.insertInto('id_mappings').values(row).execute();
      const query = `/v3/users?domain_id=${domainId}&name=`;
      assert.equal((await keystone.expect(200, 'GET', `${query}u0300`)).users[0].id, brought);
      assert.equal((await keystone.expect(200, 'GET', `/v3/users/${brought}`)).user.name, 'u0300');
      const id = (await keystone.expect(200, 'GET', `${query}u0301`)).users[0].id;
      await database().q.deleteFrom('id_mappings').where('public_id', '=', id).execute();
      await sleep(250);
      await keystone.expect(404, 'GET', `/v3/users/${id}`);
      assert.equal((await keystone.expect(200, 'GET', `${query}u0301`)).users[0].id, id);
      await keystone.expect(200, 'GET', `/v3/users/${id}`);
    });

    test('groups and who is in them', async () => {
      const keystone = cloud();
      const { groups } = await keystone.expect(200, 'GET', `/v3/groups?domain_id=${domainId}&name=team7`);
      const [team] = groups;
      assert.deepEqual([team.id, team.description], [idOf('group', 'team7'), 'group team7']);
      assert.deepEqual((await keystone.expect(200, 'GET', `/v3/groups/${team.id}`)).group.name, 'team7');
      const { users } = await keystone.expect(200, 'GET', `/v3/groups/${team.id}/users?limit=3`);
      assert.deepEqual(
        users.map((one: { name: string }) => one.name),
        [uidAt(7), uidAt(57), uidAt(107)],
      );
      await keystone.expect(204, 'HEAD', `/v3/groups/${team.id}/users/${users[0].id}`);
      const [other] = (await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&name=u0008`)).users;
      await keystone.expect(404, 'HEAD', `/v3/groups/${team.id}/users/${other.id}`);
      const { groups: theirs } = await keystone.expect(200, 'GET', `/v3/users/${users[0].id}/groups`);
      assert.equal(theirs[0].membership_expires_at, null);
      assert.deepEqual(theirs.map((one: { name: string }) => one.name).sort(), ['everyone', 'team7']);
    });

    test('nothing is written to a directory', async () => {
      const keystone = cloud();
      const user = `/v3/users/${idOf('user', 'u0042')}`;
      const group = `/v3/groups/${idOf('group', 'team7')}`;
      await keystone.expect(200, 'GET', user);
      await keystone.expect(200, 'GET', group);
      const { user: local } = await keystone.expect(201, 'POST', '/v3/users', { body: { user: { name: 'local' } } });
      const { group: ours } = await keystone.expect(201, 'POST', '/v3/groups', { body: { group: { name: 'ours' } } });
      const inDomain = { name: 'x', domain_id: domainId };
      const writes: [string, string, object?][] = [
        ['POST', '/v3/users', { user: inDomain }],
        ['POST', '/v3/groups', { group: inDomain }],
        ['PATCH', user, { user: { description: 'x' } }],
        ['DELETE', user],
        ['PATCH', group, { group: { description: 'x' } }],
        ['DELETE', group],
        ['PUT', `${group}/users/${idOf('user', 'u0042')}`],
        ['DELETE', `${group}/users/${idOf('user', 'u0042')}`],
        ['PUT', `/v3/groups/${ours.id}/users/${idOf('user', 'u0042')}`],
        ['PUT', `${group}/users/${local.id}`],
      ];
      for (const [method, url, body] of writes) await keystone.expect(403, method, url, { body });
      const change = (original_password: string) => ({
        token: null,
        body: { user: { original_password, password: 'another-1' } },
      });
      await keystone.expect(403, 'POST', `${user}/password`, change(passwordOf('u0042')));
      await keystone.expect(401, 'POST', `${user}/password`, change('wrong'));
      await keystone.expect(204, 'DELETE', `/v3/users/${local.id}`);
      await keystone.expect(204, 'DELETE', `/v3/groups/${ours.id}`);
    });

    test('they log in by binding, get roles by their groups, and lose them with their membership', async () => {
      const keystone = cloud();
      const { token: bare, body } = await logIn('u0042');
      assert.equal(body.token.user.domain.name, 'corp');
      assert.equal(body.token.user.id, idOf('user', 'u0042'));
      await keystone.expect(200, 'GET', `/v3/users/${idOf('user', 'u0042')}`, { token: bare });
      await logIn('u0042', { project: { id: projectId } }, 401);
      const member = await roleId('member');
      const reader = await roleId('reader');
      const everyone = idOf('group', 'everyone');
      const team = idOf('group', 'team42');
      await keystone.expect(200, 'GET', `/v3/groups?domain_id=${domainId}`);
      await keystone.expect(204, 'PUT', `/v3/projects/${projectId}/groups/${team}/roles/${member}`);
      await keystone.expect(204, 'PUT', `/v3/domains/${domainId}/groups/${everyone}/roles/${reader}`);
      const scoped = await logIn('u0042', { project: { id: projectId } });
      const roles = scoped.body.token.roles.map((one: { name: string }) => one.name).sort();
      assert.deepEqual(roles, ['member', 'reader']);
      const inDomain = await logIn('u0042', { domain: { id: domainId } });
      assert.deepEqual(
        inDomain.body.token.roles.map((one: { name: string }) => one.name),
        ['reader'],
      );
      await logIn('u0043', { project: { id: projectId } }, 401);
      const list = await keystone.expect(
        200,
        'GET',
        `/v3/role_assignments?scope.project.id=${projectId}&effective&include_names&role.id=${member}`,
      );
      assert.equal(list.role_assignments.length, 100);
      assert.ok(list.role_assignments.some((one: { user: { name: string } }) => one.user.name === 'u0042'));
      const given = await keystone.expect(200, 'GET', `/v3/role_assignments?group.id=${team}&include_names`);
      assert.equal(given.role_assignments[0].group.name, 'team42');
      const projects = await keystone.expect(200, 'GET', '/v3/auth/projects', { token: bare });
      assert.deepEqual(
        projects.projects.map((one: { id: string }) => one.id),
        [projectId],
      );
      await keystone.expect(204, 'DELETE', `/v3/projects/${projectId}/groups/${team}/roles/${member}`);
      await keystone.expect(401, 'GET', '/v3/auth/projects', { token: scoped.token });
    });

    test('what changes in the directory is noticed: a membership, an account', async () => {
      const keystone = cloud();
      const member = await roleId('member');
      const team = idOf('group', 'team45');
      await keystone.expect(200, 'GET', `/v3/groups?domain_id=${domainId}&name=team45`);
      await keystone.expect(204, 'PUT', `/v3/projects/${projectId}/groups/${team}/roles/${member}`);
      const { token } = await logIn('u0045', { project: { id: projectId } });
      const { token: bare } = await logIn('u0045');
      const validate = (subject: string) => keystone.call('GET', TOKENS, { headers: { 'x-subject-token': subject } });
      assert.equal((await validate(token)).status, 200);
      const client = new Client({ url: slapd.url });
      await client.bind(MANAGER, MANAGER_PASSWORD);
      const change = (operation: 'add' | 'delete', type: string, value: string) =>
        new Change({ operation, modification: new Attribute({ type, values: [value] }) });
      await client.modify(`cn=team45,${GROUPS_DN}`, change('delete', 'member', userDn('u0045')));
      await sleep(300);
      assert.equal((await validate(token)).status, 404);
      assert.equal((await validate(bare)).status, 200);
      await client.modify(userDn('u0045'), change('add', 'enabled', 'False'));
      await sleep(300);
      assert.equal((await validate(bare)).status, 404);
      await logIn('u0045', undefined, 401);
      await client.modify(userDn('u0045'), change('delete', 'enabled', 'False'));
      await client.modify(`cn=team45,${GROUPS_DN}`, change('add', 'member', userDn('u0045')));
      await client.unbind();
      await sleep(300);
      assert.equal((await validate(token)).status, 200);
    });

    test('a role on a user of a directory, a trust and an application credential', async () => {
      const keystone = cloud();
      const member = await roleId('member');
      const [user] = (await keystone.expect(200, 'GET', `/v3/users?domain_id=${domainId}&name=u0010`)).users;
      await keystone.expect(204, 'PUT', `/v3/projects/${projectId}/users/${user.id}/roles/${member}`);
      await keystone.expect(204, 'HEAD', `/v3/projects/${projectId}/users/${user.id}/roles/${member}`);
      const { token } = await logIn('u0010', { project: { id: projectId } });
      const credential = await keystone.expect(201, 'POST', `/v3/users/${user.id}/application_credentials`, {
        token,
        body: { application_credential: { name: 'ci' } },
      });
      const { id, secret } = credential.application_credential;
      const identity = { methods: ['application_credential'], application_credential: { id, secret } };
      await keystone.expect(201, 'POST', TOKENS, { token: null, body: { auth: { identity } } });
      const { user: trustee } = await keystone.expect(201, 'POST', '/v3/users', {
        body: { user: { name: 'trustee', password: 'trustee-1' } },
      });
      const trust = {
        trustor_user_id: user.id,
        trustee_user_id: trustee.id,
        project_id: projectId,
        impersonation: true,
        roles: [{ id: member }],
      };
      const made = await keystone.expect(201, 'POST', '/v3/OS-TRUST/trusts', { token, body: { trust } });
      const answer = await keystone.call('POST', TOKENS, {
        token: null,
        body: {
          auth: {
            identity: { methods: ['password'], password: { user: { id: trustee.id, password: 'trustee-1' } } },
            scope: { 'OS-TRUST:trust': { id: made.trust.id } },
          },
        },
      });
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      assert.equal(answer.body.token.user.id, user.id);
    });

    test('OSSA-2013-015 and OSSA-2026-007: empty passwords and disabled accounts log nobody in', async () => {
      const binds = () => slapd.log().match(/ BIND dn="uid=/g)?.length ?? 0;
      const before = binds();
      for (const name of ['u0001', 'sw0', 'nobody', 'star*(x)\\y']) await logIn(name, undefined, 401, '');
      assert.equal(binds(), before, 'no bind is sent');
      for (const name of ['sw0', 'sw1', 'sw2']) await logIn(name);
      for (const name of ['sw3', 'sw4', 'sw5', 'sw6']) {
        await logIn(name, undefined, 401);
        const shown = await cloud().expect(200, 'GET', `/v3/users/${idOf('user', name)}`);
        assert.equal(shown.user.enabled, false);
      }
      for (const name of ['*', 'u*', 'u0001)(sn=*', '*)(uid=*)'])
        await logIn(name, undefined, 401, passwordOf('u0001'));
      await logIn('u0001', undefined, 401, 'wrong');
    });

    test('a wrong password costs the same in a directory, whether there is such a user or not', async () => {
      const binds = () => slapd.log().match(/ BIND dn="(?:uid|cn)=[^"]*" method/g)?.length ?? 0;
      const searches = () => slapd.log().match(/ SRCH base=/g)?.length ?? 0;
      const hashed = async () => Number(/turns_total\{outcome="done"\} (\d+)/.exec(await renderPrometheus())?.[1] ?? 0);
      const costs: number[][] = [];
      for (const name of ['u0060', 'nobody-here']) {
        const before = [binds(), searches(), await hashed()];
        await logIn(name, undefined, 401, 'wrong');
        costs.push([binds(), searches(), await hashed()].map((now, at) => now - (before[at] ?? 0)));
      }
      assert.deepEqual(costs[1], costs[0]);
      assert.deepEqual([costs[0]?.[0], costs[0]?.[2]], [1, 0]);
    });

    test('a directory that does not answer costs its own domain a clear 503, and the others nothing', async () => {
      const keystone = cloud();
      const user = `/v3/users/${idOf('user', 'u0050')}`;
      const { token } = await logIn('u0050');
      const times = async (count: number) => {
        const startedAt = performance.now();
        for (let at = 0; at < count; at += 1) await keystone.expect(200, 'GET', '/v3/users?name=demo');
        return performance.now() - startedAt;
      };
      await times(50);
      const calm = await times(200);
      slapd.freeze();
      try {
        await sleep(250);
        const waiting = Array.from({ length: 50 }, (_, at) => {
          const startedAt = performance.now();
          return keystone
            .call('POST', TOKENS, { token: null, body: auth(uidAt(at), passwordOf(uidAt(at))) })
            .then((answer) => ({ ...answer, ms: performance.now() - startedAt }));
        });
        await sleep(50);
        const hanging = await times(200);
        await keystone.logIn('demo', 'demo-secret', { project: 'demo' });
        const refused = await Promise.all(waiting);
        for (const one of refused) {
          assert.equal(one.status, 503, JSON.stringify(one.body));
          assert.ok(one.ms < 3_000, `${one.ms} ms`);
        }
        assert.match(refused[0]?.body.error.message, new RegExp(`domain ${domainId}`));
        assert.ok(refused[0]?.headers['retry-after']);
        console.log(`${engine}: 200 requests of others: calm ${calm.toFixed()} ms, hanging ${hanging.toFixed()} ms`);
        assert.ok(hanging < calm * 2 + 200, `${calm} ${hanging}`);
        const soon = performance.now();
        const others = [
          ['GET', user],
          ['GET', `/v3/users?domain_id=${domainId}`],
        ] as const;
        for (const [method, url] of others) await keystone.expect(503, method, url);
        await keystone.expect(503, 'GET', '/v3/auth/projects', { token });
        assert.ok(performance.now() - soon < 2_500, 'nobody waits for it again and again');
        await keystone.expect(200, 'GET', '/v3/role_assignments?include_names');
        await keystone.expect(200, 'GET', '/v3/users?domain_id=default');
      } finally {
        slapd.thaw();
      }
      await sleep(800);
      await keystone.expect(200, 'GET', user);
      await keystone.expect(200, 'GET', '/v3/auth/projects', { token });
      await slapd.kill();
      await sleep(250);
      await keystone.expect(503, 'GET', user);
      await slapd.start();
      await sleep(800);
      await keystone.expect(200, 'GET', user);
    });

    test('a configuration that cannot be used costs its own domain alone', async () => {
      const keystone = cloud();
      const { domain } = await keystone.expect(201, 'POST', '/v3/domains', { body: { domain: { name: 'broken' } } });
      const config = `/v3/domains/${domain.id}/config`;
      const list = `/v3/users?domain_id=${domain.id}`;
      for (const options of [
        { identity: { driver: 'driver-42' } },
        { identity: { driver: 'ldap' }, ldap: { page_size: 'many' } },
        { identity: { driver: 'ldap' }, ldap: { url: 'ldap://127.0.0.1:9' } },
      ]) {
        await keystone.call('PUT', config, { body: { config: options } });
        await keystone.expect(503, 'GET', list);
      }
      await keystone.expect(200, 'PUT', config, { body: { config: { identity: { driver: 'sql' } } } });
      await keystone.expect(200, 'GET', list);
      await keystone.expect(204, 'DELETE', config);
      const { user } = await keystone.expect(201, 'POST', '/v3/users', {
        body: { user: { name: 'here', domain_id: domain.id } },
      });
      assert.deepEqual(
        (await keystone.expect(200, 'GET', list)).users.map((one: { id: string }) => one.id),
        [user.id],
      );
      await keystone.expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
      await keystone.expect(204, 'DELETE', `/v3/domains/${domain.id}`);
    });

    test('with its domain go the roles and the ids of a directory’s users', async () => {
      const keystone = cloud();
      const { domain } = await keystone.expect(201, 'POST', '/v3/domains', { body: { domain: { name: 'gone' } } });
      const config = { identity: { driver: 'ldap' }, ldap: ldapConfig(slapd.url, bound) };
      await keystone.expect(201, 'PUT', `/v3/domains/${domain.id}/config`, { body: { config } });
      const [user] = (await keystone.expect(200, 'GET', `/v3/users?domain_id=${domain.id}&name=u0001`)).users;
      await keystone.expect(204, 'PUT', `/v3/projects/${projectId}/users/${user.id}/roles/${await roleId('member')}`);
      await keystone.expect(200, 'PATCH', `/v3/domains/${domain.id}`, { body: { domain: { enabled: false } } });
      await keystone.expect(204, 'DELETE', `/v3/domains/${domain.id}`);
      const { q } = database();
      assert.deepEqual(await q.selectFrom('assignments').selectAll().where('actor_id', '=', user.id).execute(), []);
      assert.deepEqual(await q.selectFrom('id_mappings').selectAll().where('domain_id', '=', domain.id).execute(), []);
      await keystone.expect(404, 'GET', `/v3/users/${user.id}`);
      const again = { name: 'again', explicit_domain_id: domain.id };
      await keystone.expect(201, 'POST', '/v3/domains', { body: { domain: again } });
      assert.deepEqual((await keystone.expect(200, 'GET', `/v3/users?domain_id=${domain.id}`)).users, []);
    });
  });
}
