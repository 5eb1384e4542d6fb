import type { TestKeystone } from '../../../../keystone/test/harness.ts';
import { fresh } from '../maker.ts';
import type { Ask, Ids } from '../world.ts';
import type { KeystoneTokens } from './keystone-personas.ts';

const CONFIG = { ldap: { url: 'ldap://x', user_tree_dn: 'ou=x' } };

/** One of each kind. */
export async function makeThings(keystone: TestKeystone, people: KeystoneTokens): Promise<Ids> {
  const make = async (path: string, kind: string, fields: object, token?: string) =>
    (await keystone.expect(201, 'POST', `/v3${path}`, { body: { [kind]: fields }, ...(token && { token }) }))[kind];
  const put = (path: string) => keystone.expect(204, 'PUT', `/v3${path}`);
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
  await put(`/groups/${group.id}/users/${user.id}`);
  for (const actor of [`users/${user.id}`, `groups/${group.id}`]) {
    for (const place of [`/projects/${projectId}`, `/domains/${domain.id}`, '/system'])
      await put(`${place}/${actor}/roles/${role.id}`);
    for (const place of [`/projects/${projectId}`, `/domains/${domain.id}`])
      await put(`/OS-INHERIT${place}/${actor}/roles/${role.id}/inherited_to_projects`);
  }
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
    region_id: region.id,
    spare_region_id: spareRegion.id,
    service_id: service.id,
    spare_service_id: spareService.id,
    endpoint_id: endpoint.id,
    member_user_id: userIds.member,
    reader_user_id: userIds.reader,
    member_role_id: people.roleIds.member!,
    subject: await people.spare(keystone),
    tag: 'new',
    ...(await makeOwned(keystone, callers.member.token, people)),
    ...(await makeCatalogThings(keystone, {
      projectId,
      endpointId: endpoint.id,
      serviceId: service.id,
      regionId: region.id,
    })),
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

/** What each operation needs beside a smallest body. */
export function asksOf(ids: Ids): Readonly<Record<string, Ask>> {
  const named = (kind: string, prefix = 'renamed') => ({ body: { [kind]: { name: fresh(prefix) } } });
  const ofMember = { ids: { user_id: ids.member_user_id! } };
  const subject = { headers: { 'x-subject-token': ids.subject! } };
  const trust = {
    trustor_user_id: ids.member_user_id,
    trustee_user_id: ids.reader_user_id,
    project_id: ids.project_id,
    impersonation: false,
    roles: [{ id: ids.member_role_id }],
  };
  return {
    validateToken: subject,
    checkToken: subject,
    revokeToken: subject,
    createProject: named('project', 'new'),
    updateProject: named('project'),
    deleteProject: { ids: { project_id: ids.spare_project_id! } },
    deleteProjectTag: { ids: { tag: 'old' } },
    checkProjectTag: { ids: { tag: 'old' } },
    replaceProjectTags: { body: { tags: ['a'] } },
    createDomain: named('domain', 'new'),
    updateDomain: named('domain'),
    createUser: named('user', 'new'),
    updateUser: named('user'),
    createGroup: named('group', 'new'),
    updateGroup: named('group'),
    createRole: named('role', 'new'),
    updateRole: named('role'),
    addGroupUser: { ids: { user_id: ids.loner_id! } },
    createImpliedRole: { ids: { implied_role_id: ids.unimplied_role_id! } },
    createService: { body: { service: { type: fresh('type') } } },
    updateService: { body: { service: { name: 'renamed' } } },
    createEndpoint: { body: { endpoint: { interface: 'internal', url: 'http://x/', service_id: ids.service_id } } },
    updateEndpoint: { body: { endpoint: { url: 'http://y/' } } },
    createRegion: { body: { region: { id: fresh('region') } } },
    createNamedRegion: { ids: { region_id: fresh('region') }, body: { region: {} } },
    updateRegion: { body: { region: { description: 'renamed' } } },
    deleteRegion: { ids: { region_id: ids.spare_region_id! } },
    createCredential: { body: { credential: { type: 'cert', blob: '{}', user_id: ids.member_user_id } } },
    updateCredential: { body: { credential: { blob: '{"a": 1}' } } },
    createEc2Credential: { ...ofMember, body: { tenant_id: ids.project_id } },
    listEc2Credentials: ofMember,
    showEc2Credential: { ids: { ...ofMember.ids, credential_id: ids.ec2_access! } },
    deleteEc2Credential: { ids: { ...ofMember.ids, credential_id: ids.ec2_access! } },
    createApplicationCredential: { ...ofMember, body: { application_credential: { name: fresh('new') } } },
    listApplicationCredentials: ofMember,
    showApplicationCredential: ofMember,
    deleteApplicationCredential: ofMember,
    listAccessRules: ofMember,
    showAccessRule: ofMember,
    deleteAccessRule: ofMember,
    createTrust: { body: { trust } },
    showTrustRole: { ids: { role_id: ids.member_role_id! } },
    createEndpointGroup: { body: { endpoint_group: { name: fresh('new'), filters: { interface: 'admin' } } } },
    updateEndpointGroup: named('endpoint_group'),
    createPolicy: { body: { policy: { blob: '{}', type: 'application/json' } } },
    updatePolicy: { body: { policy: { blob: '[]' } } },
    createRegisteredLimits: {
      body: { registered_limits: [{ service_id: ids.service_id, resource_name: fresh('new'), default_limit: 1 }] },
    },
    updateRegisteredLimit: {
      ids: { registered_limit_id: ids.unused_registered_limit_id! },
      body: { registered_limit: { default_limit: 3 } },
    },
    deleteRegisteredLimit: { ids: { registered_limit_id: ids.unused_registered_limit_id! } },
    createLimits: {
      body: {
        limits: [
          {
            service_id: ids.service_id,
            resource_name: ids.unlimited_name,
            resource_limit: 1,
            project_id: ids.project_id,
          },
        ],
      },
    },
    updateLimit: { body: { limit: { resource_limit: 2 } } },
    createDomainConfig: { ids: { domain_id: ids.bare_domain_id! }, body: { config: CONFIG } },
    updateDomainConfig: { body: { config: CONFIG } },
    updateDomainConfigGroup: { body: { config: CONFIG } },
    updateDomainConfigOption: { body: { config: { url: 'ldap://y' } } },
    showSecurityCompliance: { ids: { domain_id: 'default' } },
    showSecurityComplianceOption: { ids: { domain_id: 'default', option: 'password_regex' } },
    addProjectEndpoint: { ids: { project_id: ids.spare_project_id! } },
    addProjectEndpointGroup: { ids: { project_id: ids.spare_project_id! } },
    deleteService: { ids: { service_id: ids.spare_service_id! } },
  };
}
