import type { TestKeystone } from '../../../../keystone/test/harness.ts';
import type { Caller, World } from '../world.ts';

type Name = keyof World['callers'];
const PASSWORD = 'persona-secret';
/** Role, and where it is given: a project's or domain's part of a path, or the system. */
const GIVEN: Readonly<
  Record<Name, readonly [role: string, where: 'project' | 'other' | 'system' | 'domain' | 'otherDomain' | 'service']>
> = {
  reader: ['reader', 'project'],
  member: ['member', 'project'],
  manager: ['manager', 'project'],
  admin: ['admin', 'project'],
  systemReader: ['reader', 'system'],
  systemAdmin: ['admin', 'system'],
  other: ['member', 'other'],
  domainManager: ['manager', 'domain'],
  otherDomainManager: ['manager', 'otherDomain'],
  serviceOnly: ['service', 'service'],
};

/** The personas as users of a real Keystone, with tokens of their scopes. */
export class KeystoneTokens {
  readonly callers: World['callers'];
  readonly userIds: Readonly<Record<Name, string>>;
  readonly projectId: string;
  readonly roleIds: Readonly<Record<string, string>>;

  private constructor(parts: Pick<KeystoneTokens, 'callers' | 'userIds' | 'projectId' | 'roleIds'>) {
    this.callers = parts.callers;
    this.userIds = parts.userIds;
    this.projectId = parts.projectId;
    this.roleIds = parts.roleIds;
  }

  static async make(keystone: TestKeystone): Promise<KeystoneTokens> {
    const { roles } = await keystone.expect(200, 'GET', '/v3/roles');
    const roleIds = Object.fromEntries(roles.map((one: { id: string; name: string }) => [one.name, one.id]));
    const project = async (name: string) =>
      (await keystone.expect(201, 'POST', '/v3/projects', { body: { project: { name } } })).project.id as string;
    const { domain } = await keystone.expect(201, 'POST', '/v3/domains', { body: { domain: { name: 'elsewhere' } } });
    const places = {
      project: ['projects', await project('personas')],
      other: ['projects', await project('others')],
      service: ['projects', await project('services')],
      domain: ['domains', 'default'],
      otherDomain: ['domains', domain.id as string],
    } as const;
    const callers: Partial<Record<Name, Caller>> = {};
    const userIds: Partial<Record<Name, string>> = {};
    for (const [name, [role, where]] of Object.entries(GIVEN) as [Name, (typeof GIVEN)[Name]][]) {
      const body = { user: { name: `the-${name}`, password: PASSWORD } };
      const { user } = await keystone.expect(201, 'POST', '/v3/users', { body });
      const [kind, id] = where === 'system' ? ['system', ''] : places[where];
      const path = where === 'system' ? '/v3/system' : `/v3/${kind}/${id}`;
      await keystone.expect(204, 'PUT', `${path}/users/${user.id}/roles/${roleIds[role]}`);
      const scope =
        where === 'system' ? { system: { all: true } } : { [kind === 'domains' ? 'domain' : 'project']: { id } };
      const token = await keystone.logIn(`the-${name}`, PASSWORD, scope);
      userIds[name] = user.id;
      callers[name] = { token, credentials: await credentialsOf(keystone, token) };
    }
    return new KeystoneTokens({
      callers: callers as World['callers'],
      userIds: userIds as Record<Name, string>,
      projectId: places.project[1],
      roleIds,
    });
  }

  /** A token of the member, to be spent. */
  spare(keystone: TestKeystone): Promise<string> {
    return keystone.logIn('the-member', PASSWORD, { project: { id: this.projectId } });
  }
}

/** What Keystone itself says of the token. */
async function credentialsOf(keystone: TestKeystone, token: string): Promise<Caller['credentials']> {
  const { token: body } = await keystone.expect(200, 'GET', '/v3/auth/tokens?nocatalog', {
    token,
    headers: { 'x-subject-token': token },
  });
  return {
    user_id: body.user.id,
    project_id: body.project?.id ?? null,
    domain_id: body.domain?.id ?? null,
    system_scope: body.system ? 'all' : null,
    roles: body.roles.map((role: { name: string }) => role.name),
    is_admin: false,
    token: {
      user: { id: body.user.id, domain: { id: body.user.domain.id } },
      project: { id: body.project?.id ?? null, domain: { id: body.project?.domain.id ?? null } },
      domain: { id: body.domain?.id ?? null },
    },
  };
}
