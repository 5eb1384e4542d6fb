import type { CatalogTables } from './schema-catalog.ts';
import type { CredentialTables } from './schema-credentials.ts';
import type { DelegationTables } from './schema-delegation.ts';
import type { DomainConfigTables } from './schema-domain-config.ts';
import type { PasswordTables } from './schema-passwords.ts';
import type { FernetKeyRow, RevocationRow, UsedPasscodeRow } from './schema-tokens.ts';

/** The tables' rows as they stand in the database. */
export interface KeystoneTables
  extends CatalogTables,
    CredentialTables,
    DelegationTables,
    PasswordTables,
    DomainConfigTables {
  projects: ProjectRow;
  project_tags: { project_id: string; name: string };
  users: UserRow;
  user_groups: GroupRow;
  group_members: { group_id: string; user_id: string };
  roles: RoleRow;
  implied_roles: { prior_role_id: string; implied_role_id: string };
  assignments: AssignmentRow;
  revocations: RevocationRow;
  fernet_keys: FernetKeyRow;
  used_passcodes: UsedPasscodeRow;
  changes: { id: number; counter: number };
  /** What each change touched; a counter without a row may have touched anything. */
  change_log: { counter: number; tags: string };
  bootstrap_passwords: { user_id: string; hash: string };
}

/** Projects and, with `is_domain`, domains. */
export interface ProjectRow {
  id: string;
  is_domain: number;
  domain_id: string | null;
  parent_id: string | null;
  name: string;
  /** Within which the name is unique: the domain's id, or nothing for domains. */
  name_space: string;
  description: string;
  enabled: number;
  options: string;
  extra: string;
}

export interface UserRow {
  id: string;
  domain_id: string;
  name: string;
  enabled: number;
  default_project_id: string | null;
  options: string;
  /** What clients may add: `description`, `email` and any other. */
  extra: string;
  created_at: string;
  /** The day of the last login. */
  last_active_on: string | null;
}

export interface GroupRow {
  id: string;
  domain_id: string;
  name: string;
  description: string;
  /** JSON of attributes of clients' own; null: none. */
  extra: string | null;
}

export interface RoleRow {
  id: string;
  domain_id: string | null;
  name: string;
  name_space: string;
  description: string | null;
  options: string;
  /** What clients add; null: nothing. */
  extra: string | null;
}

export type ActorKind = 'user' | 'group';
export type TargetKind = 'project' | 'domain' | 'system';

export interface AssignmentRow {
  actor_kind: ActorKind;
  actor_id: string;
  target_kind: TargetKind;
  /** `system` for the system. */
  target_id: string;
  role_id: string;
  /** Whether it holds for the projects below the target instead of the target itself. */
  inherited: number;
}
