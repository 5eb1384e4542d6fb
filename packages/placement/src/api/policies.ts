import { policy } from '@kumo/core/policy';

const ADMIN_OR_SERVICE = 'role:admin or role:service';

/** A rule of Placement's: for services and admins. */
export const forServices = (name: string) => policy(`placement:${name}`, ADMIN_OR_SERVICE);
export const usagesPolicy = policy(
  'placement:usages',
  `${ADMIN_OR_SERVICE} or (role:reader and project_id:%(project_id)s)`,
);
export const reshapePolicy = policy('placement:reshaper:reshape', 'role:service');
