import { type Policy, policy } from '@kumo/core/policy';

const OWN = 'project_id:%(project_id)s';

/** Defaults as in Cinder 2022.2; a service (Nova) attaches and reads on behalf of its users, whose tokens it does not keep. */
export const reader = (name: string): Policy => policy(name, `role:admin or (role:reader and ${OWN})`);
export const member = (name: string): Policy => policy(name, `role:admin or (role:member and ${OWN})`);
export const readerOrService = (name: string): Policy =>
  policy(name, `role:admin or role:service or (role:reader and ${OWN})`);
export const memberOrService = (name: string): Policy =>
  policy(name, `role:admin or role:service or (role:member and ${OWN})`);
export const admin = (name: string): Policy => policy(name, 'role:admin');
export const everyone = (name: string): Policy => policy(name, '@');

/** Asked besides an operation's own policy; only change what is shown or which rows are. */
export const volumeHostAttribute = admin('volume_extension:volume_host_attribute');
export const volumeMigrationAttribute = admin('volume_extension:volume_mig_status_attribute');
export const volumeTenantAttribute = readerOrService('volume_extension:volume_tenant_attribute');
export const volumeImageMetadata = readerOrService('volume_extension:volume_image_metadata:show');
export const snapshotAttributes = reader('volume_extension:extended_snapshot_attributes');
export const createFromImage = memberOrService('volume:create_from_image');
export const createMultiattach = memberOrService('volume:multiattach');
export const multiattachBootable = memberOrService('volume:multiattach_bootable_volume');
export const extendAttached = member('volume:extend_attached_volume');
export const forceDelete = admin('volume:force_delete');
export const uploadPublic = admin('volume_extension:volume_actions:upload_public');
export const typeExtraSpecs = reader('volume_extension:access_types_extra_specs');
export const typeSensitiveSpecs = admin('volume_extension:types_extra_specs:read_sensitive');
export const viewDiskUsage = admin('limits_extension:used_limits_admin');
export const allTenants = admin('context_is_admin');

/** What no operation names as its own. */
export const extraPolicies: readonly Policy[] = [
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
  typeSensitiveSpecs,
  viewDiskUsage,
  allTenants,
];
