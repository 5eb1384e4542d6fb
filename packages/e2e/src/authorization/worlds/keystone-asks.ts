import { fresh } from '../maker.ts';
import type { Ask, Ids } from '../world.ts';

type Asks = Readonly<Record<string, Ask>>;

/** A domain's configuration that is taken. */
export const CONFIG = { ldap: { url: 'ldap://x', user_tree_dn: 'ou=x' } };

const named = (kind: string, prefix = 'renamed') => ({ body: { [kind]: { name: fresh(prefix) } } });

/** What each operation needs beside a smallest body. */
export function asksOf(ids: Ids): Asks {
  return { ...identityAsks(ids), ...ownedAsks(ids), ...catalogAsks(ids), ...configAsks(ids) };
}

function identityAsks(ids: Ids): Asks {
  return {
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
  };
}

/** What belongs to the member, or is about the member's tokens. */
function ownedAsks(ids: Ids): Asks {
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
  };
}

function catalogAsks(ids: Ids): Asks {
  return {
    createService: { body: { service: { type: fresh('type') } } },
    updateService: { body: { service: { name: 'renamed' } } },
    createEndpoint: { body: { endpoint: { interface: 'internal', url: 'http://x/', service_id: ids.service_id } } },
    updateEndpoint: { body: { endpoint: { url: 'http://y/' } } },
    createRegion: { body: { region: { id: fresh('region') } } },
    createNamedRegion: { ids: { region_id: fresh('region') }, body: { region: {} } },
    updateRegion: { body: { region: { description: 'renamed' } } },
    deleteRegion: { ids: { region_id: ids.spare_region_id! } },
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
    addProjectEndpoint: { ids: { project_id: ids.spare_project_id! } },
    addProjectEndpointGroup: { ids: { project_id: ids.spare_project_id! } },
    deleteService: { ids: { service_id: ids.spare_service_id! } },
  };
}

function configAsks(ids: Ids): Asks {
  return {
    createDomainConfig: { ids: { domain_id: ids.bare_domain_id! }, body: { config: CONFIG } },
    updateDomainConfig: { body: { config: CONFIG } },
    updateDomainConfigGroup: { body: { config: CONFIG } },
    updateDomainConfigOption: { body: { config: { url: 'ldap://y' } } },
    showSecurityCompliance: { ids: { domain_id: 'default' } },
    showSecurityComplianceOption: { ids: { domain_id: 'default', option: 'password_regex' } },
  };
}
