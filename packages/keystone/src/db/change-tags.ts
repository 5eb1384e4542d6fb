/** Names of what a change touches, by which kept answers are told apart from those that are still true. */
export type ChangeTag = string;

/** A user's row, password and groups, and what is given to it. */
export const userTag = (id: string): ChangeTag => `user ${id}`;
/** A group's row, and what is given to it. */
export const groupTag = (id: string): ChangeTag => `group ${id}`;
/** A project's or domain's row. */
export const projectTag = (id: string): ChangeTag => `project ${id}`;
/** All roles, and which imply which. */
export const ROLES_TAG: ChangeTag = 'roles';
export const CATALOG_TAG: ChangeTag = 'catalog';
export const REVOCATIONS_TAG: ChangeTag = 'revocations';
