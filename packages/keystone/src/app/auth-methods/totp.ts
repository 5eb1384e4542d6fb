import { timingSafeEqual } from 'node:crypto';
import { unauthorized } from '@kumo/core/errors';
import { NOBODY } from '../../db/login-failures.ts';
import { accountLocked } from '../../errors.ts';
import type { Access } from '../access.ts';
import type { AccountLocks } from '../account-locks.ts';
import type { LoginThrottle } from '../login-throttle.ts';
import type { Passcodes } from '../passcodes.ts';
import type { References, Tried } from '../references.ts';
import { type AuthIdentity, type AuthMethod, type LoginContext, missingPart, type Proven } from './auth-method.ts';
import { base32Bytes, PERIOD_SECONDS, passcodeOf } from './one-time-password.ts';

/** Where users' secrets are kept. */
export interface TotpSecrets {
  /**
   * The secrets of the user's credentials of type `totp`, in base32. It takes as long where there is none, or no such user.
   */
  secretsOf(userId: string): Promise<readonly string[]>;
}

interface TotpParts {
  readonly references: References;
  readonly access: Access;
  readonly secrets: TotpSecrets;
  readonly passcodes: Passcodes;
  readonly locks: AccountLocks;
  readonly throttle: LoginThrottle;
  /** How many passcodes before the present one are taken. */
  readonly includedPreviousWindows: number;
}

/** What passcodes are compared with where there is no device. */
const NO_DEVICE = Buffer.alloc(20);

/** Passcodes of a device that shares a secret with us (RFC 6238). Each is taken once, and few wrong ones are looked at. */
export class TotpMethod implements AuthMethod {
  readonly name = 'totp';
  readonly #parts: TotpParts;

  constructor(parts: TotpParts) {
    this.#parts = parts;
  }

  async prove({ totp: wanted }: AuthIdentity, { provenUserId }: LoginContext): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { references, throttle } = this.#parts;
    const tried = await references.tried(wanted);
    const kind = tried.user && tried.user.id === provenUserId ? 'second-passcode' : 'passcode';
    const guess = { kind, subject: tried.account, isKnown: tried.user !== undefined } as const;
    return throttle.during(guess, () => this.#compare(tried, wanted.passcode));
  }

  /** Whoever it is about, and whatever is wrong, the same is done and asked. */
  async #compare({ user }: Tried, passcode: string): Promise<Proven> {
    const { access, secrets, passcodes, locks, includedPreviousWindows } = this.#parts;
    const failures = await locks.failuresOf(user);
    const identity = user && (await access.identity(user.id));
    const now = Math.floor(Date.now() / 1000 / PERIOD_SECONDS);
    const oldest = now - includedPreviousWindows;
    const period = periodOf(passcode, await secrets.secretsOf(user?.id ?? NOBODY), { now, oldest });
    const isLocked = user !== undefined && locks.isLocked(user, failures);
    if (period === undefined || isLocked) await locks.addFailure(isLocked ? undefined : user);
    if (isLocked) throw unauthorized({}, { cause: accountLocked({ userId: user.id }) });
    if (!user || !identity?.user.enabled || !identity.domain.enabled) throw unauthorized();
    if (period === undefined || !(await passcodes.take(user.id, period, oldest))) throw unauthorized();
    if (failures) await locks.forget(user);
    return { userId: user.id };
  }
}

/** The period whose passcode it is, of any of the secrets; all are compared whatever is found. */
function periodOf(
  passcode: string,
  secrets: readonly string[],
  { now, oldest }: { now: number; oldest: number },
): number | undefined {
  let found: number | undefined;
  const shown = Buffer.from(passcode);
  const devices = secrets.map(base32Bytes).filter((secret) => secret !== undefined);
  for (const secret of devices.length > 0 ? devices : [NO_DEVICE]) {
    for (let period = now; period >= oldest; period--) {
      const right = Buffer.from(passcodeOf(secret, period));
      if (right.length === shown.length && timingSafeEqual(right, shown) && secret !== NO_DEVICE) found ??= period;
    }
  }
  return found;
}
