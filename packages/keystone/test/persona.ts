import type { TestKeystone } from './harness.ts';

type Scope = { readonly project: string } | { readonly domain: string } | 'system';

/** A token of a new user who has one role at one place; ids name the places. */
export async function persona(keystone: TestKeystone, role: string, scope: Scope): Promise<string> {
  const name = `${role}-${crypto.randomUUID()}`;
  const password = 'persona-secret';
  const { user } = await keystone.expect(201, 'POST', '/v3/users', { body: { user: { name, password } } });
  const { roles } = await keystone.expect(200, 'GET', `/v3/roles?name=${role}`);
  const place =
    scope === 'system' ? 'system' : 'project' in scope ? `projects/${scope.project}` : `domains/${scope.domain}`;
  await keystone.expect(204, 'PUT', `/v3/${place}/users/${user.id}/roles/${roles[0].id}`);
  const wanted =
    scope === 'system'
      ? { system: { all: true } }
      : 'project' in scope
        ? { project: { id: scope.project } }
        : { domain: { id: scope.domain } };
  return keystone.logIn(name, password, wanted);
}
