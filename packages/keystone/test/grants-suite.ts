import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestKeystone } from './harness.ts';

/** A role given to a user or a group, at each place where one can be: given, checked, listed, shown as assignment, taken. */
export function grantsSuite(engine: string, cloud: () => TestKeystone): void {
  test(`every way to give a role, ${engine}`, async (t) => {
    const keystone = cloud();
    const make = async (path: string, kind: string, values: object) =>
      (await keystone.expect(201, 'POST', path, { body: { [kind]: values } }))[kind].id as string;
    const domain = await make('/v3/domains', 'domain', { name: `grants ${engine}` });
    const project = await make('/v3/projects', 'project', { name: 'granted', domain_id: domain });
    const user = await make('/v3/users', 'user', { name: 'grantee', domain_id: domain });
    const group = await make('/v3/groups', 'group', { name: 'grantees', domain_id: domain });
    const role = await make('/v3/roles', 'role', { name: `given ${engine}` });
    const actors = { users: user, groups: group };
    const places = [
      { base: `/v3/projects/${project}`, end: '' },
      { base: `/v3/domains/${domain}`, end: '' },
      { base: '/v3/system', end: '' },
      { base: `/v3/OS-INHERIT/projects/${project}`, end: '/inherited_to_projects', isListed: false },
      { base: `/v3/OS-INHERIT/domains/${domain}`, end: '/inherited_to_projects' },
    ];
    for (const { base, end, isListed = true } of places) {
      for (const [kind, actor] of Object.entries(actors)) {
        await t.test(`${base.replace(/[0-9a-f]{32}/, '…')} ${kind}${end}`, async () => {
          const one = `${base}/${kind}/${actor}/roles/${role}${end}`;
          const list = `${base}/${kind}/${actor}/roles${end}`;
          const listed = async () =>
            (await keystone.expect(200, 'GET', list)).roles.map(({ id }: { id: string }) => id) as string[];
          await keystone.expect(404, 'GET', one);
          await keystone.expect(404, 'DELETE', one);
          await keystone.expect(204, 'PUT', one);
          await keystone.expect(204, 'PUT', one);
          await keystone.expect(204, 'GET', one);
          await keystone.expect(204, 'HEAD', one);
          if (isListed) assert.deepEqual(await listed(), [role]);
          const { role_assignments: given } = await keystone.expect(
            200,
            'GET',
            `/v3/role_assignments?role.id=${role}&${kind.slice(0, -1)}.id=${actor}`,
          );
          assert.deepEqual(
            given.map((each: { links: { assignment: string } }) => new URL(each.links.assignment).pathname),
            [one],
          );
          await keystone.expect(204, 'DELETE', one);
          await keystone.expect(404, 'HEAD', one);
          if (isListed) assert.deepEqual(await listed(), []);
        });
      }
    }
    await t.test('roles and what they imply', async () => {
      const implied = await make('/v3/roles', 'role', { name: `implied ${engine}` });
      const rule = `/v3/roles/${role}/implies/${implied}`;
      assert.equal((await keystone.expect(200, 'GET', `/v3/roles/${role}`)).role.name, `given ${engine}`);
      await keystone.expect(404, 'GET', rule);
      await keystone.expect(201, 'PUT', rule);
      assert.equal((await keystone.expect(200, 'GET', rule)).role_inference.implies.id, implied);
      await keystone.expect(204, 'HEAD', rule);
      const { role_inference: all } = await keystone.expect(200, 'GET', `/v3/roles/${role}/implies`);
      assert.deepEqual(
        all.implies.map(({ id }: { id: string }) => id),
        [implied],
      );
      await keystone.expect(204, 'DELETE', rule);
      await keystone.expect(404, 'HEAD', rule);
    });
    await t.test('members of a group', async () => {
      const member = `/v3/groups/${group}/users/${user}`;
      await keystone.expect(404, 'GET', member);
      await keystone.expect(204, 'PUT', member);
      await keystone.expect(204, 'GET', member);
      await keystone.expect(204, 'HEAD', member);
      await keystone.expect(204, 'DELETE', member);
      await keystone.expect(404, 'HEAD', member);
    });
  });
}
