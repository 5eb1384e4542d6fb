import { unauthorized } from '@kumo/core/errors';
import type { Audit } from '../audit.ts';
import type { Passwords } from '../passwords.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, type LoginContext, missingPart, type Proven } from './auth-method.ts';

/** A user's name and password. */
export class PasswordMethod implements AuthMethod {
  readonly name = 'password';
  readonly #parts: { references: References; passwords: Passwords; audit: Audit };

  constructor(parts: { references: References; passwords: Passwords; audit: Audit }) {
    this.#parts = parts;
  }

  async prove({ password: wanted }: AuthIdentity, { client }: LoginContext): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { references, passwords, audit } = this.#parts;
    const tried = await references.tried(wanted);
    const { user } = tried;
    try {
      await passwords.verify(tried, wanted.password, client);
    } catch (error) {
      if (user) audit.authenticated(user, error);
      throw error;
    }
    if (!user) throw unauthorized();
    audit.authenticated(user);
    return { userId: user.id };
  }
}
