import type { TestKeystone } from '../../../../keystone/test/harness.ts';
import { fresh } from '../maker.ts';
import type { Ids } from '../world.ts';
import { CONFIG } from './keystone-asks.ts';
import type { KeystoneTokens } from './keystone-personas.ts';

/** Creates one resource of each kind. @returns their ids by name */
export async function makeResources(keystone: TestKeystone, people: KeystoneTokens): Promise<Ids> {
  const make = async (path: string, kind: string, fields: object, token?: string) =>
    (await keystone.expect(201, 'POST', `/v3${path}`, { body: { [kind]: fields }, ...(token && { token }) }))[kind];
  const { projectId, userIds, callers } = people;
  const role = await make('/roles', 'role', { name: fresh('role') });
  const implied = await make('/roles', 'role', { name: fresh('implied') });
  const unimplied = await make('/roles', 'role', { name: fresh('unimplied') });
  await keystone.expect(201, 'PUT', `/v3/roles/${role.id}/implies/${implied.id}`);
  const user = await make('/users', 'user', { name: fresh('user'), password: 'p' });
  const loner = await make('/users', 'user', { name: fresh('loner'), password: 'p' });
  const group = await make('/groups', 'group', { name: fresh('group') });
  const domain = await make('/domains', 'domain', { name: fresh('domain'), enabled: false });
  const bare = await make('/domains', 'domain', { name: fresh('bare'), enabled: false });
  await keystone.expect(201, 'PUT', `/v3/domains/${domain.id}/config`, { body: { config: CONFIG } });
  const project = await make('/projects', 'project', { name: fresh('project') });
  await keystone.expect(200, 'PUT', `/v3/projects/${projectId}/tags`, { body: { tags: ['old'] } });
  const services = await makeServices(keystone);
  await grantEverywhere(keystone, {
    projectId,
    domainId: domain.id,
    userId: user.id,
    groupId: group.id,
    roleId: role.id,
  });
  return {
    role_id: role.id,
    role_name: role.name,
    prior_role_id: role.id,
    implied_role_id: implied.id,
    unimplied_role_id: unimplied.id,
    user_id: user.id,
    loner_id: loner.id,
    group_id: group.id,
    domain_id: domain.id,
    bare_domain_id: bare.id,
    group: 'ldap',
    option: 'url',
    project_id: projectId,
    spare_project_id: project.id,
    ...services,
    member_user_id: userIds.member,
    reader_user_id: userIds.reader,
    member_role_id: people.roleIds.member!,
    subject: await people.spare(keystone),
    tag: 'new',
    ...(await makeOwned(keystone, callers.member.token, people)),
    ...(await makeCatalogThings(keystone, {
      projectId,
      endpointId: services.endpoint_id,
      serviceId: services.service_id,
      regionId: services.region_id,
    })),
  };
}

interface GrantIds {
  projectId: string;
  domainId: string;
  userId: string;
  groupId: string;
  roleId: string;
}

/** The role for user and group, on project, domain and system, inherited as well; and the user in the group. */
async function grantEverywhere(keystone: TestKeystone, ids: GrantIds): Promise<void> {
  const put = (path: string) => keystone.expect(204, 'PUT', `/v3${path}`);
  await put(`/groups/${ids.groupId}/users/${ids.userId}`);
  const places = [`/projects/${ids.projectId}`, `/domains/${ids.domainId}`];
  for (const actor of [`users/${ids.userId}`, `groups/${ids.groupId}`]) {
    for (const place of [...places, '/system']) await put(`${place}/${actor}/roles/${ids.roleId}`);
    for (const place of places) await put(`/OS-INHERIT${place}/${actor}/roles/${ids.roleId}/inherited_to_projects`);
  }
}

async function makeServices(keystone: TestKeystone) {
  const make = async (path: string, kind: string, fields: object) =>
    (await keystone.expect(201, 'POST', `/v3${path}`, { body: { [kind]: fields } }))[kind];
  const region = await make('/regions', 'region', { id: fresh('region') });
  const spareRegion = await make('/regions', 'region', { id: fresh('spare') });
  const service = await make('/services', 'service', { type: fresh('type') });
  const spareService = await make('/services', 'service', { type: fresh('type') });
  const endpoint = await make('/endpoints', 'endpoint', {
    interface: 'public',
    url: 'http://x/',
    service_id: service.id,
    region_id: region.id,
  });
  return {
    region_id: region.id as string,
    spare_region_id: spareRegion.id as string,
    service_id: service.id as string,
    spare_service_id: spareService.id as string,
    endpoint_id: endpoint.id as string,
  };
}

/** What belongs to the member. */
async function makeOwned(
  keystone: TestKeystone,
  token: string,
  { userIds, projectId, roleIds }: KeystoneTokens,
): Promise<Ids> {
  const own = `/v3/users/${userIds.member}`;
  const post = (path: string, body: object) => keystone.expect(201, 'POST', path, { body, token });
  const { credential } = await post('/v3/credentials', {
    credential: { type: 'cert', blob: '{}', user_id: userIds.member },
  });
  const { credential: ec2 } = await post(`${own}/credentials/OS-EC2`, { tenant_id: projectId });
  const rules = [{ service: 'compute', method: 'GET', path: `/v2.1/${fresh('x')}` }];
  const applicationCredential = { name: fresh('made'), access_rules: rules };
  const { application_credential: made } = await post(`${own}/application_credentials`, {
    application_credential: applicationCredential,
  });
  const { access_rules: all } = await keystone.expect(200, 'GET', `${own}/access_rules`, { token });
  const { application_credential: second } = await post(`${own}/application_credentials`, {
    application_credential: { name: fresh('made'), access_rules: [{ ...rules[0], path: `/v2.1/${fresh('y')}` }] },
  });
  const { access_rules: both } = await keystone.expect(200, 'GET', `${own}/access_rules`, { token });
  const known = new Set(all.map((one: { id: string }) => one.id));
  const unused = both.find((one: { id: string }) => !known.has(one.id)).id;
  // A rule in use cannot be deleted.
  await keystone.expect(204, 'DELETE', `${own}/application_credentials/${second.id}`, { token });
  const trust = {
    trustor_user_id: userIds.member,
    trustee_user_id: userIds.reader,
    project_id: projectId,
    impersonation: false,
    roles: [{ id: roleIds.member }],
  };
  const { trust: given } = await post('/v3/OS-TRUST/trusts', { trust });
  return {
    credential_id: credential.id,
    ec2_access: ec2.access,
    application_credential_id: made.id,
    access_rule_id: unused,
    trust_id: given.id,
  };
}

interface CatalogIds {
  projectId: string;
  endpointId: string;
  serviceId: string;
  regionId: string;
}

async function makeCatalogThings(keystone: TestKeystone, ids: CatalogIds): Promise<Ids> {
  const post = (path: string, body: object) => keystone.expect(201, 'POST', `/v3${path}`, { body });
  const put = (path: string) => keystone.expect(204, 'PUT', `/v3${path}`);
  const filters = { interface: 'public' };
  const group = { name: fresh('endpoints'), description: '', filters };
  const { endpoint_group } = await post('/OS-EP-FILTER/endpoint_groups', { endpoint_group: group });
  await put(`/OS-EP-FILTER/endpoint_groups/${endpoint_group.id}/projects/${ids.projectId}`);
  await put(`/OS-EP-FILTER/projects/${ids.projectId}/endpoints/${ids.endpointId}`);
  const { policy } = await post('/policies', { policy: { blob: '{}', type: 'application/json' } });
  const association = `/policies/${policy.id}/OS-ENDPOINT-POLICY`;
  await put(`${association}/endpoints/${ids.endpointId}`);
  await put(`${association}/services/${ids.serviceId}`);
  await put(`${association}/services/${ids.serviceId}/regions/${ids.regionId}`);
  const limit = { service_id: ids.serviceId, resource_name: fresh('resource'), default_limit: 10 };
  const unlimited = { ...limit, resource_name: fresh('resource') };
  const { registered_limits } = await post('/registered_limits', { registered_limits: [limit, unlimited] });
  const own = {
    service_id: ids.serviceId,
    resource_name: limit.resource_name,
    resource_limit: 5,
    project_id: ids.projectId,
  };
  const { limits } = await post('/limits', { limits: [own] });
  return {
    endpoint_group_id: endpoint_group.id,
    policy_id: policy.id,
    registered_limit_id: registered_limits[0].id,
    unused_registered_limit_id: registered_limits[1].id,
    unlimited_name: unlimited.resource_name,
    limit_id: limits[0].id,
  };
}
