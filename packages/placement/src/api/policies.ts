import { type Policy, policy } from '@kumo/core/policy';

const PROJECT = { scope: ['project'] as const };

/** Rules that the defaults below refer to; an operator may replace them once for all. */
export const baseRules: readonly Policy[] = [
  policy('admin_api', 'role:admin', PROJECT),
  policy('service_api', 'role:service', PROJECT),
  policy('admin_or_service_api', 'role:admin or role:service', PROJECT),
  policy('project_reader_api', 'role:reader and project_id:%(project_id)s'),
  policy('admin_or_project_reader_or_service_api', 'role:admin or rule:project_reader_api or role:service', PROJECT),
];

/** A rule of Placement's: for services and admins. */
export const forServices = (name: string) => policy(`placement:${name}`, 'rule:admin_or_service_api', PROJECT);
export const usagesPolicy = policy('placement:usages', 'rule:admin_or_project_reader_or_service_api', PROJECT);
