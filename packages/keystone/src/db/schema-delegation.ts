/** Trusts, application credentials and access rules as they stand in the database. */
export interface DelegationTables {
  trusts: TrustRow;
  /** A role that is deleted stays: a trust does not shrink, it ends. */
  trust_roles: { trust_id: string; role_id: string };
  application_credentials: ApplicationCredentialRow;
  application_credential_roles: { application_credential_id: string; role_id: string };
  access_rules: AccessRuleRow;
  application_credential_access_rules: { application_credential_id: string; access_rule_id: string };
}

export interface TrustRow {
  id: string;
  trustor_user_id: string;
  trustee_user_id: string;
  project_id: string | null;
  impersonation: number;
  expires_at: string | null;
  /** Logins that are left; null: any number. */
  remaining_uses: number | null;
  redelegated_trust_id: string | null;
  redelegation_count: number;
  extra: string;
}

export interface ApplicationCredentialRow {
  id: string;
  user_id: string;
  project_id: string;
  name: string;
  description: string | null;
  secret_hash: string;
  expires_at: string | null;
  unrestricted: number;
}

export interface AccessRuleRow {
  id: string;
  user_id: string;
  service: string;
  method: string;
  path: string;
}
