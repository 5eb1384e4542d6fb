export interface CredentialRow {
  id: string;
  user_id: string;
  project_id: string | null;
  type: string;
  /** A Fernet token. */
  encrypted_blob: string;
  /** SHA-1 of the key that encrypted it. */
  key_hash: string;
  /** What clients add. */
  extra: string;
}

export interface CredentialTables {
  credentials: CredentialRow;
}
