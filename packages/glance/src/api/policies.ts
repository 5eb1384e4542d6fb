import { policy } from '@kumo/core/policy';

const ADMIN = 'rule:context_is_admin';
const OWNER = `${ADMIN} or (role:member and project_id:%(project_id)s)`;
const seenWith = (role: string) =>
  `${ADMIN} or (role:${role} and (project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))`;
const MEMBERS_SEEN = `${ADMIN} or role:reader and (project_id:%(project_id)s or project_id:%(member_id)s)`;

const rule = (name: string, check: string) => policy(name, check, { scope: ['project'] });

/** Who sees and changes everything: also what decides whether a caller's lists are bounded to what their project sees. */
export const contextIsAdmin = policy('context_is_admin', 'role:admin');
/** The rule of every name that no other rule has. */
export const defaultRule = policy('default', '');
export const addImagePolicy = rule(
  'add_image',
  `${ADMIN} or (role:member and project_id:%(project_id)s and project_id:%(owner)s)`,
);
export const deleteImagePolicy = rule('delete_image', OWNER);
export const getImagePolicy = rule('get_image', seenWith('reader'));
export const getImagesPolicy = rule('get_images', `${ADMIN} or (role:reader and project_id:%(project_id)s)`);
export const modifyImagePolicy = rule('modify_image', OWNER);
export const publicizeImagePolicy = rule('publicize_image', ADMIN);
export const communitizeImagePolicy = rule('communitize_image', OWNER);
export const downloadImagePolicy = rule('download_image', seenWith('member'));
export const uploadImagePolicy = rule('upload_image', OWNER);
export const addMemberPolicy = rule('add_member', OWNER);
export const deleteMemberPolicy = rule('delete_member', OWNER);
export const getMemberPolicy = rule('get_member', MEMBERS_SEEN);
export const getMembersPolicy = rule('get_members', MEMBERS_SEEN);
export const modifyMemberPolicy = rule('modify_member', `${ADMIN} or (role:member and project_id:%(member_id)s)`);
export const deactivatePolicy = rule('deactivate', OWNER);
export const reactivatePolicy = rule('reactivate', OWNER);

/** Rules that no operation names as its own. */
export const furtherPolicies = [contextIsAdmin, defaultRule, publicizeImagePolicy, communitizeImagePolicy];
