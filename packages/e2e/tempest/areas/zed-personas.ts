/**
 * Tests of Zed's keystone-tempest-plugin that have an admin of a project or a domain refused, where Keystone's defaults have
 * since become `rule:admin_required`, which asks for no scope: by module and persona, what they do (all: everything).
 */
const ALL = '\\w+';
const CASES: Readonly<Record<string, { readonly project: string; readonly domain?: string }>> = {
  application_credential: { project: '(?:delete|get|list)_application_credentials?' },
  credential: { project: ALL, domain: ALL },
  domain: { project: '(?:create|get|update)_domain|list_domains', domain: 'get_domain|list_domains' },
  domain_config: { project: '(?:create|delete|get|update)_domain_config|get_domain_config_default' },
  ec2_credential: { project: ALL },
  endpoint: { project: ALL },
  endpoint_group: { project: ALL },
  grant: { project: ALL, domain: '(?:check|create|list|revoke)_grants?' },
  group: {
    project: ALL,
    domain:
      '(?:create|delete|get|update)_group|\\w+_in_group|add_user_to_group|remove_user_from_group|list_groups_for_user',
  },
  implied_role: { project: ALL },
  limit: { project: '(?:create|delete|get|list|update)_limits?', domain: '(?:get|list)_limits?' },
  policy: { project: ALL },
  policy_association: { project: ALL },
  project: { project: ALL, domain: '(?:create|delete|get|update)_project|list_user_projects' },
  project_endpoint: { project: ALL },
  project_tag: { project: ALL, domain: ALL },
  region: { project: '(?:create|delete|update)_region' },
  registered_limit: { project: '(?:create|delete|update)_registered_limits?' },
  role: { project: ALL, domain: 'get_domain_role|get_role|list_roles' },
  role_assignment: { project: ALL, domain: 'list_role_assignments_for_tree' },
  service: { project: ALL },
  token: { project: ALL, domain: ALL },
  trust: { project: '(?:delete|get|list)_\\w+' },
  user: { project: ALL, domain: '(?:create|delete|get|update)_user' },
};

/** Their ids; and what a class that could not clean up after such a test says. */
export const zedPersonas: readonly RegExp[] = Object.entries(CASES).flatMap(([module, personas]) =>
  Object.entries(personas).flatMap(([persona, actions]) => {
    const tests = `test_${module}\\.${persona === 'project' ? 'Project' : 'Domain'}AdminTests`;
    return [
      new RegExp(`^keystone_tempest_plugin\\.tests\\.rbac\\.v3\\.${tests}\\.test_identity_(?:${actions})$`),
      new RegExp(`^tearDownClass \\(keystone_tempest_plugin\\.tests\\.rbac\\.v3\\.${tests}\\)$`),
    ];
  }),
);
