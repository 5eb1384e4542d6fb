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

/** Tries at something that could be guessed, within one window of time. */
export interface LoginThrottleRow {
  /** A keyed digest of what is guessed at; `<kind> <number>` of what does not exist. */
  id: string;
  /** A keyed digest of the account or key; the id where there is none. */
  subject: string;
  count: number;
  /** How many windows before this one were used up in a row. */
  rounds: number;
  /** The window's end, in milliseconds since the epoch. */
  ends_at: number;
  /** When the row may go, likewise. */
  forget_at: number;
}

export interface PasswordTables {
  login_throttles: LoginThrottleRow;
  passwords: PasswordRow;
  login_failures: LoginFailureRow;
}
