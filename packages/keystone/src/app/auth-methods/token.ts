import { notAllowed, tokenNotFound } from '../../errors.ts';
import type { Tokens } from '../tokens.ts';
import { type AuthIdentity, type AuthMethod, missingPart, type Proven } from './auth-method.ts';

/** Another valid token: what it proves is whatever proved its user before. */
export class TokenMethod implements AuthMethod {
  readonly name = 'token';
  readonly #tokens: Tokens;

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  async prove({ token: text }: AuthIdentity): Promise<Proven> {
    if (text === undefined) throw missingPart(this.name);
    const found = await this.#tokens.find(text);
    // 404, not 401, as Keystone says it: clients tell a token that ran out from a wrong password by it.
    if (!found) throw tokenNotFound();
    const { claims } = found;
    if (claims.trustId !== undefined)
      throw notAllowed({
        message: 'Using trust-scoped token to create another token. Create a new trust-scoped token instead.',
      });
    const { applicationCredentialId } = claims;
    if (applicationCredentialId === undefined) return { userId: claims.userId, from: claims };
    return { userId: claims.userId, from: claims, applicationCredentialId, scope: claims.scope };
  }
}
