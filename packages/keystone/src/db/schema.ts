import type { FernetKeyRow, RevocationRow, UsedPasscodeRow } from './schema-tokens.ts';

/** The tables' rows as they stand in the database. */
export interface KeystoneTables {
  projects: ProjectRow;
  project_tags: { project_id: string; name: string };
  users: UserRow;
  passwords: PasswordRow;
  user_groups: GroupRow;
  group_members: { group_id: string; user_id: string };
  roles: RoleRow;
  implied_roles: { prior_role_id: string; implied_role_id: string };
  assignments: AssignmentRow;
  regions: RegionRow;
  services: ServiceRow;
  endpoints: EndpointRow;
  revocations: RevocationRow;
  fernet_keys: FernetKeyRow;
  used_passcodes: UsedPasscodeRow;
  changes: { id: number; counter: number };
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
}

/** The newest row of a user counts; older ones are its history. */
export interface PasswordRow {
  id: string;
  user_id: string;
  hash: string;
  created_at: string;
  expires_at: string | null;
}

export interface GroupRow {
  id: string;
  domain_id: string;
  name: string;
  description: string;
}

export interface RoleRow {
  id: string;
  domain_id: string | null;
  name: string;
  name_space: string;
  description: string | null;
  options: string;
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

export interface RegionRow {
  id: string;
  parent_region_id: string | null;
  description: string;
}

export interface ServiceRow {
  id: string;
  type: string;
  name: string | null;
  description: string | null;
  enabled: number;
}

export interface EndpointRow {
  id: string;
  service_id: string;
  region_id: string | null;
  interface: string;
  url: string;
  enabled: number;
}
