import { unauthorized } from '@kumo/core/errors';
import type { Access } from '../access.ts';
import type { Passwords } from '../passwords.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, missingPart, type Proven } from './auth-method.ts';

/** A user's name and password. */
export class PasswordMethod implements AuthMethod {
  readonly name = 'password';
  readonly #parts: { references: References; passwords: Passwords; access: Access };

  constructor(parts: { references: References; passwords: Passwords; access: Access }) {
    this.#parts = parts;
  }

  async prove({ password: wanted }: AuthIdentity): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { references, passwords, access } = this.#parts;
    const user = await references.user(wanted);
    if (!(await passwords.isPassword(user?.id, wanted.password)) || !user) throw unauthorized();
    const domain = await access.domain(user.domainId);
    if (!user.enabled || !domain?.enabled) throw unauthorized();
    return { userId: user.id };
  }
}
