import type { Db } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import {
  type ApplicationCredential,
  findApplicationCredential,
  findApplicationCredentialByName,
} from '../../db/application-credentials.ts';
import { NOBODY } from '../../db/login-failures.ts';
import type { KeystoneTables } from '../../db/schema.ts';
import { accountLocked, notFound, referenceMissing } from '../../errors.ts';
import type { Access } from '../access.ts';
import type { AccountLocks } from '../account-locks.ts';
import { type ApplicationCredentialSecrets, isGenerated } from '../application-credential-secrets.ts';
import { isOver } from '../expiry.ts';
import { type LoginClient, turnOf } from '../login-client.ts';
import type { LoginThrottle } from '../login-throttle.ts';
import type { References } from '../references.ts';
import { type AuthIdentity, type AuthMethod, type LoginContext, missingPart, type Proven } from './auth-method.ts';

interface Parts {
  readonly db: Db<KeystoneTables>;
  readonly references: References;
  readonly secrets: ApplicationCredentialSecrets;
  readonly access: Access;
  readonly locks: AccountLocks;
  readonly throttle: LoginThrottle;
}

type Wanted = NonNullable<AuthIdentity['applicationCredential']>;

/** An application credential that was named, if there is one. */
interface Named {
  readonly credential: ApplicationCredential | undefined;
  /** What was named, in the same words for one credential however it was named. */
  readonly subject: string;
}

/** An application credential by id, or by its name and owner, and its secret. It says itself what the token is for. */
export class ApplicationCredentialMethod implements AuthMethod {
  readonly name = 'application_credential';
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws notFound for an id that there is not; else as every method does. */
  async prove({ applicationCredential: wanted }: AuthIdentity, { client }: LoginContext): Promise<Proven> {
    if (!wanted) throw missingPart(this.name);
    const named = await this.#find(wanted);
    const { credential, subject } = named;
    // The right secret is never kept waiting, whatever others guess.
    if (!this.#parts.secrets.recognises(wanted.secret, credential)) {
      const guess = { kind: 'secret', subject, isKnown: credential !== undefined, address: client.address } as const;
      await this.#parts.throttle.during(guess, () => this.#compare(wanted, named, client));
    }
    if (!credential || isOver(credential.expiresAt)) throw unauthorized();
    return this.#proven(credential);
  }

  /** As much is done whatever is wrong. */
  async #compare(wanted: Wanted, { credential, subject }: Named, client: LoginClient): Promise<void> {
    const { secrets, access, locks } = this.#parts;
    const isRight = await secrets.verify(wanted.secret, credential, turnOf(client, subject));
    const identity = credential && (await access.identity(credential.userId));
    if (!isRight) await locks.addFailure(identity?.user);
    // As Keystone does: nobody guesses an id, and who has one learns that there is no use trying. Names tell nothing.
    if (!credential && wanted.id !== undefined) throw notFound({ kind: 'Application Credential', id: wanted.id });
    if (!isRight) throw unauthorized();
  }

  async #proven(credential: ApplicationCredential): Promise<Proven> {
    const { access, locks } = this.#parts;
    const { id, userId, projectId } = credential;
    const identity = await access.identity(userId);
    if (!identity?.user.enabled || !identity.domain.enabled) throw unauthorized();
    const failures = await locks.failuresOf(identity.user);
    if (locks.isLocked(identity.user, failures, { isGuessable: !isGenerated(credential) }))
      throw unauthorized({}, { cause: accountLocked({ userId }) });
    return { userId, applicationCredentialId: id, scope: { kind: 'project', projectId } };
  }

  /** By its id, whoever else is named: the owner is the credential's, never the request's. */
  async #find(wanted: Wanted): Promise<Named> {
    const { db, references } = this.#parts;
    const { id, name, user } = wanted;
    if (id !== undefined) {
      const credential = await findApplicationCredential(db.q, id);
      return { credential, subject: id };
    }
    if (name === undefined) throw referenceMissing({ attribute: 'name or ID', target: 'application credential' });
    if (!user) throw referenceMissing({ attribute: 'user', target: 'application credential' });
    const { user: owner, account } = await references.tried(user);
    const credential = await findApplicationCredentialByName(db.q, owner?.id ?? NOBODY, name);
    return { credential, subject: credential?.id ?? JSON.stringify([account, name]) };
  }
}
