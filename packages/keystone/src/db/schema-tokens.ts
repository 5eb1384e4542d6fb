/** Tokens for which all that is not null is true, issued up to `issued_before`, are revoked. */
export interface RevocationRow {
  id: string;
  audit_id: string | null;
  audit_chain_id: string | null;
  user_id: string | null;
  project_id: string | null;
  domain_id: string | null;
  trust_id: string | null;
  role_id: string | null;
  /** Seconds since the epoch. */
  issued_before: number;
  revoked_at: string;
}

/** A Fernet key, sealed with the nodes' key-encryption key. */
export interface FernetKeyRow {
  /** `tokens`, `receipts`, `credentials`. */
  repository: string;
  /** 0 is staged, the highest is the primary. */
  number: number;
  sealed: string;
  created_at: string;
}

/** A user's passcode that was taken: it is not taken again. */
export interface UsedPasscodeRow {
  user_id: string;
  /** The period of 30 seconds that it is for, counted from the epoch. */
  period: number;
}
