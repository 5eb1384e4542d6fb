import type { Answer, TestKeystone } from './harness.ts';

export const AUTH = '/v3/auth/tokens';
export const subject = (token: string) => ({ headers: { 'x-subject-token': token } });
let count = 0;

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
}

/** A user with role member in a project of its own, password `pw`, both of the default domain. */
export async function newPerson(keystone: TestKeystone, options: object = {}): Promise<Person> {
  count += 1;
  const name = `person-${count}-${process.pid}`;
  const made = { name, domain_id: 'default' };
  const { project } = await keystone.expect(201, 'POST', '/v3/projects', { body: { project: made } });
  const { user } = await keystone.expect(201, 'POST', '/v3/users', {
    body: { user: { ...made, password: 'pw', options } },
  });
  await grant(keystone, 'PUT', { userId: user.id, projectId: project.id, role: 'member' });
  return { id: user.id, name, projectId: project.id };
}

export async function grant(
  keystone: TestKeystone,
  method: 'PUT' | 'DELETE',
  { userId, projectId, role }: { userId: string; projectId: string; role: string },
): Promise<void> {
  const { roles } = await keystone.expect(200, 'GET', `/v3/roles?name=${role}`);
  await keystone.expect(204, method, `/v3/projects/${projectId}/users/${userId}/roles/${roles[0].id}`);
}

/** Part of `identity` for a password. */
export const password = (id: string, text = 'pw') => ({ user: { id, password: text } });

/** A login with any methods: `identity` without its `methods` list, whose names are its keys. */
export function logInWith(
  keystone: TestKeystone,
  identity: Readonly<Record<string, unknown>>,
  { scope, receipt }: { scope?: unknown; receipt?: string } = {},
): Promise<Answer> {
  const auth = { identity: { methods: Object.keys(identity), ...identity }, ...(scope === undefined ? {} : { scope }) };
  const headers: Record<string, string> = receipt === undefined ? {} : { 'openstack-auth-receipt': receipt };
  return keystone.call('POST', AUTH, { token: null, body: { auth }, headers });
}

/** A token for the person's project. */
export async function tokenOf(keystone: TestKeystone, person: Person, text = 'pw'): Promise<string> {
  const scope = { project: { id: person.projectId } };
  const answer = await logInWith(keystone, { password: password(person.id, text) }, { scope });
  if (answer.status !== 201) throw new Error(`login: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.headers['x-subject-token'] as string;
}

/** The token that another one buys; the answer whatever it is. */
export function exchange(keystone: TestKeystone, token: string, scope?: unknown): Promise<Answer> {
  return logInWith(keystone, { token: { id: token } }, { scope });
}
