import * as auth from './auth.ts';
import * as domains from './domains.ts';
import * as endpoints from './endpoints.ts';
import { grantOperations } from './grants.ts';
import * as groups from './groups.ts';
import * as implied from './implied-roles.ts';
import * as projects from './projects.ts';
import * as regions from './regions.ts';
import * as assignments from './role-assignments.ts';
import * as roles from './roles.ts';
import * as services from './services.ts';
import * as users from './users.ts';

const onProject = grantOperations({ actor: 'user', target: 'project', inherited: false });

/** What other services and tests may call, by operation. */
export const keystoneApi = {
  ...auth,
  ...domains,
  ...projects,
  ...users,
  ...groups,
  ...roles,
  ...implied,
  ...assignments,
  ...services,
  ...endpoints,
  ...regions,
  listProjectUserRoles: onProject.list,
  checkProjectUserRole: onProject.check,
  giveProjectUserRole: onProject.give,
  revokeProjectUserRole: onProject.revoke,
};
