import { nowIso, type Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { deleteAssignmentsOfActor } from '../db/assignments.ts';
import { REVOCATIONS_TAG, userTag } from '../db/change-tags.ts';
import { deleteFailures } from '../db/login-failures.ts';
import { deletePasswords, type Password, passwordEnds } from '../db/passwords.ts';
import { findProject, type Project } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import {
  deleteUser,
  findUser,
  insertUser,
  listUsers,
  type PasswordEndFilter,
  setLastActive,
  type User,
  updateUser,
} from '../db/users.ts';
import { invalid, notFound, passwordMissing } from '../errors.ts';
import { dayOf, isEnabled } from '../passwords/account-rules.ts';
import type { SecurityCompliance } from '../passwords/password-settings.ts';
import { refusingDuplicates } from './duplicates.ts';
import { changedOptions } from './immutability.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { newId } from './new-id.ts';
import type { Passwords } from './passwords.ts';
import { triedOf } from './references.ts';
import type { ResourceDeps } from './resource-deps.ts';

export interface UserValues {
  readonly name?: string;
  readonly domainId?: string;
  readonly enabled?: boolean;
  readonly defaultProjectId?: string | null;
  /** Null: none. */
  readonly password?: string | null;
  /** Those to change; null takes one away. */
  readonly options?: Record<string, unknown>;
  readonly extra?: Record<string, unknown>;
}

/** A user as it is shown. */
export interface ShownUser extends User {
  readonly passwordExpiresAt: string | null;
}

export interface UsersWanted extends ListWanted {
  readonly groupId?: string;
  readonly domainId?: string;
  readonly passwordEnd?: PasswordEndFilter;
}

interface UsersParts extends ResourceDeps {
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly compliance: SecurityCompliance;
}

export class Users {
  readonly #parts: UsersParts;

  constructor(parts: UsersParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. One that was not in use for too long counts as disabled. */
  async find(id: string): Promise<User | undefined> {
    const user = await this.#parts.identities.findUser(id);
    return user && this.#asOfNow(user);
  }

  /** @param wanted.domainId whose users are wanted, if one domain's are: they may be in a directory. */
  async list(wanted: UsersWanted): Promise<Page<ShownUser>> {
    const { identities, db, listLimit } = this.#parts;
    // Passwords in directories end when it is none of our business.
    const { rows, hasMore } = wanted.passwordEnd
      ? await listUsers(db.q, { ...pageOptions(wanted, listLimit), passwordEnd: wanted.passwordEnd })
      : await identities.listUsers(wanted);
    return { rows: await this.#shown(rows.map((user) => this.#asOfNow(user))), hasMore };
  }

  async show(user: User): Promise<ShownUser> {
    const [shown] = await this.#shown([user]);
    return shown as ShownUser;
  }

  /** @throws notFound of the domain, invalid, alreadyExists, passwordUnfit, passwordTooLong */
  async create(wanted: UserValues & { name: string; domainId: string }): Promise<ShownUser> {
    const { db, changes, passwords } = this.#parts;
    const { domainId, enabled = true, defaultProjectId = null, extra = {} } = wanted;
    const name = wanted.name.trim();
    const domain = await findProject(db.q, domainId);
    if (!domain?.isDomain) throw notFound({ kind: 'domain', id: domainId });
    await this.#parts.identities.refuseDirectory({ domainId });
    await this.#refuseDomainAsProject(defaultProjectId);
    const options = changedOptions({}, wanted.options);
    const user: User = { id: newId(), name, domainId, enabled, defaultProjectId, options, extra, createdAt: nowIso() };
    const password = await this.#prepared(user, wanted.password);
    await refusingDuplicates('user', name, () =>
      changes.write(
        async (tx) => {
          await insertUser(tx, user);
          if (password) await passwords.save(tx, password);
        },
        [userTag(user.id)],
      ),
    );
    return { ...user, passwordExpiresAt: password?.expiresAt ?? null };
  }

  /**
   * A new password and disabling end the user's tokens; enabling ends its locks. What is refused changes nothing.
   * @throws notFound, invalid, alreadyExists, passwordUnfit, passwordTooLong
   */
  async update(id: string, wanted: UserValues): Promise<ShownUser> {
    const { db, changes } = this.#parts;
    const known = await findUser(db.q, id);
    if (!known) throw await this.#absent(id);
    if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
      throw invalid({ message: 'Cannot change Domain ID' });
    const { enabled = known.enabled, defaultProjectId = known.defaultProjectId, extra = {} } = wanted;
    const name = wanted.name?.trim() ?? known.name;
    if (wanted.defaultProjectId !== undefined) await this.#refuseDomainAsProject(defaultProjectId);
    const options = changedOptions(known.options, wanted.options);
    const user: User = { ...known, name, enabled, defaultProjectId, options, extra: { ...known.extra, ...extra } };
    const password = await this.#prepared(user, wanted.password);
    await refusingDuplicates('user', name, () =>
      changes.write((tx) => this.#store(tx, { known, user, wanted, password }), [userTag(id), REVOCATIONS_TAG]),
    );
    return this.show((await this.find(id)) ?? user);
  }

  /** With the roles that were given to it and what hangs on it. @throws notFound */
  async delete(id: string): Promise<void> {
    const { changes, deletions, revoked } = this.#parts;
    if (!(await findUser(this.#parts.db.q, id))) throw await this.#absent(id);
    await changes.write(async (tx) => {
      await deletions.run('user', tx, [id]);
      await deleteAssignmentsOfActor(tx, 'user', id);
      await deleteUser(tx, id);
      await revoked.revoke(tx, { userId: id });
    });
  }

  /** Of one that is not in the tables. @throws directoryReadOnly when it is in a directory */
  async #absent(id: string): Promise<Error> {
    await this.#parts.identities.refuseDirectory({ id });
    return notFound({ kind: 'user', id });
  }

  projectsOf(id: string): Promise<Project[]> {
    return this.#parts.access.projectsOf(id, { onlyEnabled: false });
  }

  async #store(
    tx: Transaction<KeystoneTables>,
    { known, user, wanted, password }: { known: User; user: User; wanted: UserValues; password: Password | undefined },
  ): Promise<void> {
    const { passwords, throttle, revoked, compliance } = this.#parts;
    await updateUser(tx, user);
    if (password) await passwords.save(tx, password);
    if (wanted.password === null) await deletePasswords(tx, user.id);
    if (wanted.enabled) {
      await deleteFailures(tx, user.id);
      await throttle.forget(tx, triedOf(user).account);
      if (compliance.disableUserAccountDaysInactive !== undefined) await setLastActive(tx, user.id, dayOf(Date.now()));
    }
    if (password || (known.enabled && !user.enabled)) await revoked.revoke(tx, { userId: user.id });
  }

  /** @throws passwordMissing for none where there is a rule about passwords. */
  async #prepared(user: User, password: string | null | undefined): Promise<Password | undefined> {
    const { passwords, compliance } = this.#parts;
    if (password === null && compliance.passwordRegex !== undefined) throw passwordMissing();
    return password == null ? undefined : passwords.prepare(user, password);
  }

  #asOfNow(user: User): User {
    const enabled = isEnabled(user, this.#parts.compliance);
    return enabled === user.enabled ? user : { ...user, enabled };
  }

  async #shown(users: readonly User[]): Promise<ShownUser[]> {
    const ids = users.map((one) => one.id);
    const ends = await passwordEnds(this.#parts.db.q, ids);
    return users.map((one) => ({ ...one, passwordExpiresAt: ends.get(one.id) ?? null }));
  }

  async #refuseDomainAsProject(id: string | null): Promise<void> {
    const found = id === null ? undefined : await findProject(this.#parts.db.q, id);
    if (found?.isDomain) throw invalid({ message: `User's default project ID cannot be a domain ID: ${id}` });
  }
}
