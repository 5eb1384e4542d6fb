import { unauthorized } from '@kumo/core/errors';
import type { Audit } from '../audit.ts';
import type { Passwords } from '../passwords.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, missingPart, type Proven } from './auth-method.ts';

/** A user's name and password. */
export class PasswordMethod implements AuthMethod {
  readonly name = 'password';
  readonly #parts: { references: References; passwords: Passwords; audit: Audit };

  constructor(parts: { references: References; passwords: Passwords; audit: Audit }) {
    this.#parts = parts;
  }

  async prove({ password: wanted }: AuthIdentity): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { references, passwords, audit } = this.#parts;
    const user = await references.user(wanted);
    try {
      await passwords.verify(user, wanted.password);
    } catch (error) {
      if (user) audit.authenticated(user, error);
      throw error;
    }
    if (!user) throw unauthorized();
    audit.authenticated(user);
    return { userId: user.id };
  }
}
