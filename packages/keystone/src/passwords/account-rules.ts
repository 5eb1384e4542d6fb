import { fromIso, toIso } from '@kumo/core/db';
import type { SecurityCompliance } from './password-settings.ts';

const DAY_MS = 86_400_000;

/** What of a user the rules look at. */
export interface Account {
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The day of the last login. */
  readonly lastActiveOn?: string | null;
}

/** The day of a moment in UTC: `2026-11-22`. */
export function dayOf(ms: number): string {
  return toIso(ms).slice(0, 10);
}

/** Whether an account counts as enabled: it is, and was in use of late. */
export function isEnabled(account: Account, { disableUserAccountDaysInactive: most }: SecurityCompliance): boolean {
  if (!account.enabled || most === undefined || account.options.ignore_user_inactivity === true) return account.enabled;
  const since = account.lastActiveOn ?? account.createdAt.slice(0, 10);
  const days = (Date.parse(dayOf(Date.now())) - Date.parse(since)) / DAY_MS;
  return days < most;
}

/** When a password that begins to be valid now ends; null: never. */
export function endOfPassword(
  { options }: Pick<Account, 'options'>,
  compliance: SecurityCompliance,
  { selfService }: { selfService: boolean },
): string | null {
  const mustChange = compliance.changePasswordUponFirstUse && options.ignore_change_password_upon_first_use !== true;
  if (mustChange && !selfService) return toIso(Date.now());
  const { passwordExpiresDays } = compliance;
  if (passwordExpiresDays === undefined || options.ignore_password_expiry === true) return null;
  return toIso(Math.floor((Date.now() + passwordExpiresDays * DAY_MS) / 1000) * 1000);
}

export function isExpired({ options }: Pick<Account, 'options'>, expiresAt: string | null): boolean {
  return expiresAt !== null && options.ignore_password_expiry !== true && Date.now() >= fromIso(expiresAt);
}

/** The days for which a password has to be kept yet, rounded down as Keystone does; undefined: it may be changed. */
export function daysTooYoung(createdAt: string, { minimumPasswordAge }: SecurityCompliance): number | undefined {
  const leftMs = fromIso(createdAt) + minimumPasswordAge * DAY_MS - Date.now();
  return leftMs > 0 ? Math.floor(leftMs / DAY_MS) : undefined;
}
