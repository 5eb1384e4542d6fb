/**
 * The tables of OpenStack's own Keystone (Zed's schema) as far as they are read here: facts from its migrations.
 * Times are `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC, `…_int` microseconds since the epoch; truth values differ by database.
 */
export interface ForeignTables {
  project: ForeignProject;
  project_option: ForeignOption & { project_id: string };
  project_tag: { project_id: string; name: string };
  user: ForeignUser;
  user_option: ForeignOption & { user_id: string };
  local_user: ForeignLocalUser;
  password: ForeignPassword;
  group: { id: string; domain_id: string; name: string; description: string | null; extra: string | null };
  user_group_membership: { user_id: string; group_id: string };
  role: { id: string; name: string; domain_id: string; description: string | null; extra: string | null };
  role_option: ForeignOption & { role_id: string };
  implied_role: { prior_role_id: string; implied_role_id: string };
  assignment: ForeignAssignment;
  system_assignment: ForeignAssignment;
  region: { id: string; description: string; parent_region_id: string | null; extra: string | null };
  service: { id: string; type: string; enabled: ForeignFlag; extra: string | null };
  endpoint: ForeignEndpoint;
  endpoint_group: { id: string; name: string; description: string | null; filters: string };
  project_endpoint: { endpoint_id: string; project_id: string };
  project_endpoint_group: { endpoint_group_id: string; project_id: string };
  policy: { id: string; type: string; blob: string; extra: string | null };
  policy_association: ForeignPolicyAssociation;
  registered_limit: ForeignRegisteredLimit;
  limit: ForeignLimit;
  trust: ForeignTrust;
  trust_role: { trust_id: string; role_id: string };
  application_credential: ForeignApplicationCredential;
  application_credential_role: { application_credential_id: number; role_id: string };
  access_rule: ForeignAccessRule;
  application_credential_access_rule: { application_credential_id: number; access_rule_id: number };
  credential: ForeignCredential;
  revocation_event: ForeignRevocation;
  id_mapping: { public_id: string; domain_id: string; local_id: string; entity_type: 'user' | 'group' };
  whitelisted_config: ForeignDomainOption;
  sensitive_config: ForeignDomainOption;
}

export type ForeignFlag = boolean | number | string | null;
export type ForeignTime = string | Date | null;

export interface ForeignOption {
  option_id: string;
  option_value: string | null;
}

export interface ForeignProject {
  id: string;
  name: string;
  extra: string | null;
  description: string | null;
  enabled: ForeignFlag;
  domain_id: string;
  parent_id: string | null;
  is_domain: ForeignFlag;
}

export interface ForeignUser {
  id: string;
  extra: string | null;
  enabled: ForeignFlag;
  default_project_id: string | null;
  created_at: ForeignTime;
  last_active_at: ForeignTime;
  domain_id: string;
}

export interface ForeignLocalUser {
  id: number;
  user_id: string;
  name: string;
}

export interface ForeignPassword {
  id: number;
  local_user_id: number;
  self_service: ForeignFlag;
  password_hash: string | null;
  created_at_int: number | string;
  expires_at_int: number | string | null;
}

export interface ForeignAssignment {
  type: string;
  actor_id: string;
  target_id: string;
  role_id: string;
  inherited: ForeignFlag;
}

export interface ForeignEndpoint {
  id: string;
  interface: string;
  service_id: string;
  url: string;
  extra: string | null;
  enabled: ForeignFlag;
  region_id: string | null;
}

export interface ForeignPolicyAssociation {
  id: string;
  policy_id: string;
  endpoint_id: string | null;
  service_id: string | null;
  region_id: string | null;
}

export interface ForeignRegisteredLimit {
  id: string;
  service_id: string;
  region_id: string | null;
  resource_name: string;
  default_limit: number;
  description: string | null;
}

export interface ForeignLimit {
  id: string;
  project_id: string | null;
  domain_id: string | null;
  resource_limit: number;
  description: string | null;
  registered_limit_id: string | null;
}

export interface ForeignTrust {
  id: string;
  trustor_user_id: string;
  trustee_user_id: string;
  project_id: string | null;
  impersonation: ForeignFlag;
  deleted_at: ForeignTime;
  expires_at_int: number | string | null;
  remaining_uses: number | null;
  redelegated_trust_id: string | null;
  redelegation_count: number | null;
  extra: string | null;
}

export interface ForeignApplicationCredential {
  internal_id: number;
  id: string;
  name: string;
  secret_hash: string;
  description: string | null;
  user_id: string;
  project_id: string | null;
  expires_at: number | string | null;
  unrestricted: ForeignFlag;
}

export interface ForeignAccessRule {
  id: number;
  service: string;
  path: string;
  method: string;
  external_id: string;
  user_id: string;
}

export interface ForeignCredential {
  id: string;
  user_id: string;
  project_id: string | null;
  type: string;
  extra: string | null;
  encrypted_blob: string;
}

export interface ForeignRevocation {
  id: number;
  domain_id: string | null;
  project_id: string | null;
  user_id: string | null;
  role_id: string | null;
  trust_id: string | null;
  issued_before: ForeignTime;
  revoked_at: ForeignTime;
  audit_id: string | null;
  audit_chain_id: string | null;
}

export interface ForeignDomainOption {
  domain_id: string;
  group: string;
  option: string;
  /** JSON. */
  value: string;
}
