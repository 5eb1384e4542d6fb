import { type Policy, policy } from '@kumo/core/policy';

/** Rules that the defaults below refer to; an operator may replace them once for all. */
export const baseRules: readonly Policy[] = [
  policy('context_is_admin', 'role:admin'),
  policy('project_manager_api', 'role:manager and project_id:%(project_id)s'),
  policy('project_member_api', 'role:member and project_id:%(project_id)s'),
  policy('project_reader_api', 'role:reader and project_id:%(project_id)s'),
  policy('service_api', 'role:service'),
  policy('project_manager_or_admin', 'rule:project_manager_api or rule:context_is_admin'),
  policy('project_member_or_admin', 'rule:project_member_api or rule:context_is_admin'),
  policy('project_reader_or_admin', 'rule:project_reader_api or rule:context_is_admin'),
  policy('service_or_admin', 'rule:service_api or rule:context_is_admin'),
];

const full = (name: string) => `os_compute_api:${name}`;

export const admin = (name: string): Policy => policy(full(name), 'rule:context_is_admin', { scope: ['project'] });
export const reader = (name: string): Policy =>
  policy(full(name), 'rule:project_reader_or_admin', { scope: ['project'] });
export const member = (name: string): Policy =>
  policy(full(name), 'rule:project_member_or_admin', { scope: ['project'] });
export const anyone = (name: string): Policy => policy(full(name), '@', { scope: ['project'] });
export const service = (name: string): Policy => policy(full(name), 'rule:service_or_admin', { scope: ['project'] });

/** What the caller may see or ask for besides an operation's own policy. */
export const extraRules = {
  extendedAttributes: admin('os-extended-server-attributes'),
  hostStatus: admin('servers:show:host_status'),
  allTenants: admin('servers:index:get_all_tenants'),
  allTenantsDetail: admin('servers:detail:get_all_tenants'),
  allFilters: admin('servers:allow_all_filters'),
  forcedHost: admin('servers:create:forced_host'),
  requestedDestination: policy('compute:servers:create:requested_destination', 'rule:context_is_admin', {
    scope: ['project'],
  }),
  attachVolume: member('servers:create:attach_volume'),
  attachNetwork: member('servers:create:attach_network'),
  zeroDiskFlavor: admin('servers:create:zero_disk_flavor'),
  externalNetwork: policy('network:attach_external_network', 'rule:context_is_admin', { scope: ['project'] }),
  unlockOverride: admin('os-lock-server:unlock:unlock_override'),
  flavorExtraSpecs: reader('os-flavor-extra-specs:index'),
  shownFlavorExtraSpecs: reader('servers:show:flavor-extra-specs'),
  actionEvents: admin('os-instance-actions:events'),
  actionEventDetails: admin('os-instance-actions:events:details'),
  otherProjectsLimits: admin('limits:other_project'),
} as const;
