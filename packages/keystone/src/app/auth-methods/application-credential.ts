import type { Db } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import {
  type ApplicationCredential,
  findApplicationCredential,
  findApplicationCredentialByName,
} from '../../db/application-credentials.ts';
import type { KeystoneTables } from '../../db/schema.ts';
import { notFound, referenceMissing } from '../../errors.ts';
import type { Access } from '../access.ts';
import type { ApplicationCredentialSecrets } from '../application-credential-secrets.ts';
import { isOver } from '../expiry.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, missingPart, type Proven } from './auth-method.ts';

interface Parts {
  readonly db: Db<KeystoneTables>;
  readonly references: References;
  readonly secrets: ApplicationCredentialSecrets;
  readonly access: Access;
}

/** An application credential by id, or by its name and owner, and its secret. It says itself what the token is for. */
export class ApplicationCredentialMethod implements AuthMethod {
  readonly name = 'application_credential';
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws notFound for an id that there is not; else as every method does. */
  async prove({ applicationCredential: wanted }: AuthIdentity): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const { secrets, access } = this.#parts;
    const credential = await this.#find(wanted);
    // As Keystone does: nobody guesses an id, and who has one learns that there is no use trying. Names tell nothing.
    if (!credential && wanted.id !== undefined) throw notFound({ kind: 'Application Credential', id: wanted.id });
    if (!(await secrets.verify(wanted.secret, credential)) || !credential || isOver(credential.expiresAt))
      throw unauthorized();
    const { id, userId, projectId } = credential;
    const identity = await access.identity(userId);
    if (!identity?.user.enabled || !identity.domain.enabled) throw unauthorized();
    return { userId, applicationCredentialId: id, scope: { kind: 'project', projectId } };
  }

  /** By its id, whoever else is named: the owner is the credential's, never the request's. */
  async #find(wanted: NonNullable<AuthIdentity['applicationCredential']>): Promise<ApplicationCredential | undefined> {
    const { db, references } = this.#parts;
    const { id, name, user } = wanted;
    if (id !== undefined) return findApplicationCredential(db.q, id);
    if (name === undefined) throw referenceMissing({ attribute: 'name or ID', target: 'application credential' });
    if (!user) throw referenceMissing({ attribute: 'user', target: 'application credential' });
    const owner = await references.user(user);
    return owner && findApplicationCredentialByName(db.q, owner.id, name);
  }
}
