import { type Policy, policy } from '@kumo/core/policy';

/** Rules that the defaults below refer to; an operator may replace them once for all. */
export const contextIsAdmin = policy('context_is_admin', 'role:admin');
export const baseRules: readonly Policy[] = [
  contextIsAdmin,
  policy('admin_api', 'is_admin:True or (role:admin and is_admin_project:True)'),
  policy('xena_system_admin_or_project_reader', '(role:admin) or (role:reader and project_id:%(project_id)s)'),
  policy('xena_system_admin_or_project_member', '(role:admin) or (role:member and project_id:%(project_id)s)'),
];

/** Defaults as in Cinder. */
export const reader = (name: string): Policy => policy(name, 'rule:xena_system_admin_or_project_reader');
export const member = (name: string): Policy => policy(name, 'rule:xena_system_admin_or_project_member');
export const admin = (name: string): Policy => policy(name, 'rule:admin_api');

/** Asked besides an operation's own policy; only change what is shown or which rows are. */
export const volumeHostAttribute = admin('volume_extension:volume_host_attribute');
export const volumeMigrationAttribute = admin('volume_extension:volume_mig_status_attribute');
export const volumeTenantAttribute = reader('volume_extension:volume_tenant_attribute');
export const volumeImageMetadata = reader('volume_extension:volume_image_metadata:show');
export const snapshotAttributes = reader('volume_extension:extended_snapshot_attributes');
export const createFromImage = member('volume:create_from_image');
export const createMultiattach = member('volume:multiattach');
export const multiattachBootable = member('volume:multiattach_bootable_volume');
export const extendAttached = member('volume:extend_attached_volume');
export const forceDelete = admin('volume:force_delete');
export const uploadPublic = admin('volume_extension:volume_actions:upload_public');
export const typeExtraSpecs = reader('volume_extension:access_types_extra_specs');
export const typeQosSpecs = admin('volume_extension:access_types_qos_specs_id');
export const typeSensitiveSpecs = admin('volume_extension:types_extra_specs:read_sensitive');

/** What no operation names as its own. */
export const extraPolicies: readonly Policy[] = [
  ...baseRules,
  volumeHostAttribute,
  volumeMigrationAttribute,
  volumeTenantAttribute,
  volumeImageMetadata,
  snapshotAttributes,
  createFromImage,
  createMultiattach,
  multiattachBootable,
  extendAttached,
  forceDelete,
  uploadPublic,
  typeExtraSpecs,
  typeQosSpecs,
  typeSensitiveSpecs,
];
