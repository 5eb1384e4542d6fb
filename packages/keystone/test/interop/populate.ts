import { setTimeout as sleep } from 'node:timers/promises';
import { REAL_PASSWORD } from './real-keystone.ts';
import type { Remote } from './remote.ts';

export const KIM_PASSWORD = 'kim-secret';
export const LEE_PASSWORD = 'lee-secret';
export const SERVICE_PASSWORD = 'service-secret';

/** What there is in a Keystone of some use. */
export interface Populated {
  readonly domainId: string;
  readonly projectId: string;
  readonly childId: string;
  readonly kimId: string;
  readonly leeId: string;
  readonly trustId: string;
  readonly applicationCredential: { readonly id: string; readonly secret: string };
  readonly ec2: { readonly access: string; readonly secret: string };
  readonly adminProject: string;
}

/** Fills a Keystone through its API: a domain, projects, users, groups, roles, a trust, credentials, endpoints. */
export async function populate(remote: Remote): Promise<Populated> {
  const projectOf = (name: string) => ({ project: { name, domain: { id: 'default' } } });
  const admin = await remote.logIn('admin', REAL_PASSWORD, projectOf('admin'));
  const make = async (path: string, kind: string, body: object) =>
    (await remote.expect(201, 'POST', path, { token: admin, body: { [kind]: body } }))[kind];
  const put = (path: string) => remote.expect(204, 'PUT', path, { token: admin });
  const { roles } = await remote.expect(200, 'GET', '/v3/roles', { token: admin });
  const role = (name: string): string => roles.find((one: { name: string }) => one.name === name).id;

  const domain = await make('/v3/domains', 'domain', { name: 'acme', description: 'A domain' });
  const project = await make('/v3/projects', 'project', {
    name: 'lab',
    domain_id: domain.id,
    tags: ['blue', 'old'],
    cost_centre: 17,
  });
  const child = await make('/v3/projects', 'project', {
    name: 'lab-child',
    domain_id: domain.id,
    parent_id: project.id,
  });
  const kim = await make('/v3/users', 'user', {
    name: 'kim',
    password: KIM_PASSWORD,
    email: 'kim@example.org',
    options: { ignore_password_expiry: true },
  });
  const lee = await make('/v3/users', 'user', { name: 'lee', password: LEE_PASSWORD });
  const group = await make('/v3/groups', 'group', { name: 'operators' });
  await put(`/v3/groups/${group.id}/users/${lee.id}`);
  const operator = await make('/v3/roles', 'role', { name: 'operator' });
  await remote.expect(201, 'PUT', `/v3/roles/${operator.id}/implies/${role('reader')}`, { token: admin });
  await put(`/v3/projects/${project.id}/users/${kim.id}/roles/${role('member')}`);
  await put(`/v3/OS-INHERIT/domains/${domain.id}/groups/${group.id}/roles/${operator.id}/inherited_to_projects`);
  await put(`/v3/domains/${domain.id}/users/${kim.id}/roles/${role('reader')}`);
  await put(`/v3/system/users/${kim.id}/roles/${role('reader')}`);
  await serviceUser();

  // A revocation is about whole seconds, and a role that was just given still revokes older tokens.
  await sleep(1_100);
  const scope = { project: { id: project.id } };
  const kimToken = await remote.logIn('kim', KIM_PASSWORD, scope);
  const { trust } = await remote.expect(201, 'POST', '/v3/OS-TRUST/trusts', {
    token: kimToken,
    body: {
      trust: {
        trustor_user_id: kim.id,
        trustee_user_id: lee.id,
        project_id: project.id,
        impersonation: true,
        roles: [{ name: 'member' }],
      },
    },
  });
  const { application_credential: application } = await remote.expect(
    201,
    'POST',
    `/v3/users/${kim.id}/application_credentials`,
    {
      token: kimToken,
      body: {
        application_credential: {
          name: 'robot',
          roles: [{ name: 'member' }],
          access_rules: [{ path: '/v2.1/servers', method: 'GET', service: 'compute' }],
        },
      },
    },
  );
  const { credential: ec2 } = await remote.expect(201, 'POST', `/v3/users/${kim.id}/credentials/OS-EC2`, {
    token: kimToken,
    body: { tenant_id: project.id },
  });
  const { projects } = await remote.expect(200, 'GET', '/v3/projects?name=admin', { token: admin });
  return {
    domainId: domain.id,
    projectId: project.id,
    childId: child.id,
    kimId: kim.id,
    leeId: lee.id,
    trustId: trust.id,
    applicationCredential: { id: application.id, secret: application.secret },
    ec2: { access: ec2.access, secret: ec2.secret },
    adminProject: projects[0].id,
  };

  /** What a service's token filter logs in as. */
  async function serviceUser(): Promise<void> {
    const service = await make('/v3/projects', 'project', { name: 'service', domain_id: 'default' });
    const user = await make('/v3/users', 'user', { name: 'swift', password: SERVICE_PASSWORD });
    const serviceRole =
      roles.find((one: { name: string }) => one.name === 'service') ??
      (await make('/v3/roles', 'role', { name: 'service' }));
    for (const id of [serviceRole.id, role('admin')])
      await put(`/v3/projects/${service.id}/users/${user.id}/roles/${id}`);
  }
}
