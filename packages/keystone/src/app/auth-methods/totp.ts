import { timingSafeEqual } from 'node:crypto';
import { unauthorized } from '@kumo/core/errors';
import type { Access } from '../access.ts';
import type { Passcodes } from '../passcodes.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, missingPart, type Proven } from './auth-method.ts';
import { base32Bytes, PERIOD_SECONDS, passcodeOf } from './one-time-password.ts';

/** Where users' secrets are kept. */
export interface TotpSecrets {
  /** The secrets of the user's credentials of type `totp`, in base32. */
  secretsOf(userId: string): Promise<readonly string[]>;
}

interface TotpParts {
  readonly references: References;
  readonly access: Access;
  readonly secrets: TotpSecrets;
  readonly passcodes: Passcodes;
  /** How many passcodes before the present one are taken. */
  readonly includedPreviousWindows: number;
}

/** Passcodes of a device that shares a secret with us (RFC 6238). Each is taken once. */
export class TotpMethod implements AuthMethod {
  readonly name = 'totp';
  readonly #parts: TotpParts;

  constructor(parts: TotpParts) {
    this.#parts = parts;
  }

  async prove({ totp: wanted }: AuthIdentity): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { references, access, secrets, passcodes, includedPreviousWindows } = this.#parts;
    const user = await references.user(wanted);
    const identity = user && (await access.identity(user.id));
    if (!identity?.user.enabled || !identity.domain.enabled) throw unauthorized();
    const now = Math.floor(Date.now() / 1000 / PERIOD_SECONDS);
    const oldest = now - includedPreviousWindows;
    const period = periodOf(wanted.passcode, await secrets.secretsOf(identity.user.id), { now, oldest });
    if (period === undefined || !(await passcodes.take(identity.user.id, period, oldest))) throw unauthorized();
    return { userId: identity.user.id };
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
  for (const secret of secrets.map(base32Bytes)) {
    if (!secret) continue;
    for (let period = now; period >= oldest; period--) {
      const right = Buffer.from(passcodeOf(secret, period));
      if (right.length === shown.length && timingSafeEqual(right, shown)) found ??= period;
    }
  }
  return found;
}
