import { forUpdate, type Page } from '@kumo/core/db';
import type { AccessRule } from '@kumo/core/http';
import type { Transaction } from 'kysely';
import {
  deleteAccessRulesOfUsers,
  ensureAccessRule,
  findAccessRules,
  type StoredAccessRule,
} from '../db/access-rules.ts';
import {
  type ApplicationCredential,
  applicationCredentialTag,
  countApplicationCredentials,
  deleteApplicationCredential,
  deleteApplicationCredentialsOfUsers,
  deleteApplicationCredentialsWithRoles,
  findApplicationCredential,
  insertApplicationCredential,
  listApplicationCredentials,
} from '../db/application-credentials.ts';
import type { Role } from '../db/roles.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { applicationCredentialInvalid, applicationCredentialLimit, notFound } from '../errors.ts';
import type { ApplicationCredentialSecrets } from './application-credential-secrets.ts';
import { refusingDuplicates } from './duplicates.ts';
import { expiryOf } from './expiry.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { type LoginClient, turnOf } from './login-client.ts';
import { newId } from './new-id.ts';
import type { ResourceDeps } from './resource-deps.ts';
import { type RoleRef, rolesNamed } from './role-refs.ts';

/** A rule by the id of one that the owner has, or in full. */
export type AccessRuleWanted = Partial<AccessRule> & { readonly id?: string };

export interface NewApplicationCredential {
  readonly userId: string;
  readonly projectId: string;
  /** The names of the roles in the owner's token: no more can be passed on. */
  readonly tokenRoles: readonly string[];
  readonly name: string;
  readonly description: string | null;
  /** Left out: one is made. */
  readonly secret?: string;
  /** Whose turn it is for hashing that secret. */
  readonly client: LoginClient;
  /** Left out: all of the token's. */
  readonly roles?: readonly RoleRef[];
  readonly expiresAt?: string | null;
  readonly unrestricted: boolean;
  readonly accessRules: readonly AccessRuleWanted[];
}

interface ApplicationCredentialsParts extends ResourceDeps {
  readonly secrets: ApplicationCredentialSecrets;
  /** Of one user. Undefined: any number. */
  readonly maxPerUser: number | undefined;
}

/** What users let their programs do. */
export class ApplicationCredentials {
  readonly #parts: ApplicationCredentialsParts;

  constructor(parts: ApplicationCredentialsParts) {
    this.#parts = parts;
    parts.deletions.on('user', forgetUsers);
    parts.deletions.on('role', deleteApplicationCredentialsWithRoles);
  }

  /** Undefined when there is none. */
  find(id: string): Promise<ApplicationCredential | undefined> {
    return findApplicationCredential(this.#parts.db.q, id);
  }

  list(wanted: ListWanted): Promise<Page<ApplicationCredential>> {
    return listApplicationCredentials(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** Those of its roles that are still there. */
  async rolesOf({ roleIds }: ApplicationCredential): Promise<Role[]> {
    const { roles } = await this.#parts.access.roleTable();
    return roleIds.map((id) => roles.get(id)).filter((role) => role !== undefined);
  }

  /**
   * The secret is shown this once.
   * @throws notFound of a role's name, applicationCredentialInvalid, applicationCredentialLimit, invalid, alreadyExists.
   */
  async create(wanted: NewApplicationCredential): Promise<{ credential: ApplicationCredential; secret: string }> {
    const { changes, secrets } = this.#parts;
    const { userId, projectId, name, description, unrestricted } = wanted;
    const roleIds = await this.#roleIds(wanted);
    const expiresAt = expiryOf(wanted.expiresAt);
    const rules = await this.#rules(userId, wanted.accessRules);
    const { secret, hash } =
      wanted.secret === undefined
        ? secrets.generate()
        : { secret: wanted.secret, hash: await secrets.hash(wanted.secret, turnOf(wanted.client, userId)) };
    const plain = { id: newId(), userId, projectId, name, description, secretHash: hash, expiresAt, unrestricted };
    const credential = await refusingDuplicates('application_credential', name, () =>
      changes.write(async (tx) => {
        await this.#refuseBeyondLimit(tx, userId);
        const accessRules: StoredAccessRule[] = [];
        for (const rule of rules) accessRules.push(await ensureAccessRule(tx, rule));
        const made: ApplicationCredential = { ...plain, roleIds, accessRules };
        await insertApplicationCredential(tx, made);
        return made;
      }, []),
    );
    return { credential, secret };
  }

  /** Its tokens end. Its access rules stay. @throws notFound */
  async delete(id: string): Promise<void> {
    const { changes } = this.#parts;
    await changes.write(
      async (tx) => {
        // Inside: what finds nothing to delete leaves no trace.
        if (!(await deleteApplicationCredential(tx, id))) throw notFound({ kind: 'Application Credential', id });
      },
      [applicationCredentialTag(id)],
    );
  }

  /** With the roles that they imply, as a token has them. */
  async #roleIds({ roles, tokenRoles }: NewApplicationCredential): Promise<string[]> {
    const table = await this.#parts.access.roleTable();
    const inToken = [...table.roles.values()].filter(
      (role) => role.domainId === null && tokenRoles.includes(role.name),
    );
    const heldIds = inToken.map((role) => role.id);
    if (roles === undefined || roles.length === 0) return heldIds;
    const named = rolesNamed(table, roles);
    const ids = [...new Set([...named, ...table.effective(named).map((role) => role.id)])];
    if (!ids.every((id) => heldIds.includes(id)))
      throw applicationCredentialInvalid({ detail: 'Cannot create an application credential with unassigned role' });
    return ids;
  }

  async #rules(userId: string, wanted: readonly AccessRuleWanted[]): Promise<StoredAccessRule[]> {
    const ids = wanted.map((rule) => rule.id).filter((id) => id !== undefined);
    const known = new Map((await findAccessRules(this.#parts.db.q, userId, ids)).map((rule) => [rule.id, rule]));
    const rules = wanted.map(({ id, service, method, path }) => {
      const own = id === undefined ? undefined : known.get(id);
      if (own) return own;
      if (service === undefined || method === undefined || path === undefined)
        throw applicationCredentialInvalid({
          detail:
            id === undefined
              ? 'An access rule needs a service, a method and a path'
              : `Could not find Access Rule: ${id}.`,
        });
      return { id: newId(), userId, service, method, path };
    });
    return [...new Map(rules.map((rule) => [JSON.stringify([rule.service, rule.method, rule.path]), rule])).values()];
  }

  /** Writers wait for each other here: two at once do not both find the last place free. */
  async #refuseBeyondLimit(tx: Transaction<KeystoneTables>, userId: string): Promise<void> {
    const { maxPerUser: limit, db } = this.#parts;
    if (limit === undefined) return;
    await forUpdate(tx.selectFrom('changes').select('id').where('id', '=', 1), db).execute();
    if ((await countApplicationCredentials(tx, userId)) >= limit) throw applicationCredentialLimit({ limit });
  }
}

/** Users who are deleted lose theirs, with the access rules. */
async function forgetUsers(tx: Transaction<KeystoneTables>, userIds: readonly string[]): Promise<void> {
  await deleteApplicationCredentialsOfUsers(tx, userIds);
  await deleteAccessRulesOfUsers(tx, userIds);
}
