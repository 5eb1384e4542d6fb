/** The newest row of a user counts; older ones are its history. */
export interface PasswordRow {
  id: string;
  user_id: string;
  hash: string;
  created_at: string;
  expires_at: string | null;
  /** 1: the user chose it. */
  self_service: number;
}

/** Wrong passwords in a row. The row `nobody` counts those for users that do not exist, so that it takes as long. */
export interface LoginFailureRow {
  id: string;
  user_id: string | null;
  count: number;
  failed_at: string;
  /** 1: locked by an operator, for good. */
  locked: number;
}

export interface PasswordTables {
  passwords: PasswordRow;
  login_failures: LoginFailureRow;
}
