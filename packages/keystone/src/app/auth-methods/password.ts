import { unauthorized } from '@kumo/core/errors';
import type { Passwords } from '../passwords.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, missingPart, type Proven } from './auth-method.ts';

/** A user's name and password. */
export class PasswordMethod implements AuthMethod {
  readonly name = 'password';
  readonly #parts: { references: References; passwords: Passwords };

  constructor(parts: { references: References; passwords: Passwords }) {
    this.#parts = parts;
  }

  async prove({ password: wanted }: AuthIdentity): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { references, passwords } = this.#parts;
    const user = await references.user(wanted);
    await passwords.verify(user, wanted.password);
    if (!user) throw unauthorized();
    return { userId: user.id };
  }
}
