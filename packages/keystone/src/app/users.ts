import { nowIso, type Page } from '@kumo/core/db';
import { unauthorized } from '@kumo/core/errors';
import { deleteAssignmentsOfActor } from '../db/assignments.ts';
import { findProject, type Project } from '../db/projects.ts';
import {
  deleteUser,
  findUser,
  insertUser,
  listUsers,
  type PasswordEndFilter,
  passwordEnds,
  replacePassword,
  type User,
  updateUser,
} from '../db/users.ts';
import { invalid, notFound } from '../errors.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { CoreParts } from './core-parts.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import type { Passwords } from './passwords.ts';

export interface UserValues {
  readonly name?: string;
  readonly domainId?: string;
  readonly enabled?: boolean;
  readonly defaultProjectId?: string | null;
  /** Null: none. */
  readonly password?: string | null;
  readonly options?: Record<string, unknown>;
  readonly extra?: Record<string, unknown>;
}

/** A user as it is shown. */
export interface ShownUser extends User {
  readonly passwordExpiresAt: string | null;
}

interface UsersParts extends CoreParts {
  readonly hasher: PasswordHasher;
  readonly passwords: Passwords;
}

export class Users {
  readonly #parts: UsersParts;

  constructor(parts: UsersParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  find(id: string): Promise<User | undefined> {
    return findUser(this.#parts.db.q, id);
  }

  async list(wanted: ListWanted & { groupId?: string; passwordEnd?: PasswordEndFilter }): Promise<Page<ShownUser>> {
    const { groupId, passwordEnd } = wanted;
    const options = { ...pageOptions(wanted, this.#parts.listLimit), groupId, passwordEnd };
    const { rows, hasMore } = await listUsers(this.#parts.db.q, options);
    return { rows: await this.#shown(rows), hasMore };
  }

  async show(user: User): Promise<ShownUser> {
    const [shown] = await this.#shown([user]);
    return shown as ShownUser;
  }

  /** @throws notFound of the domain, invalid, alreadyExists */
  async create(wanted: UserValues & { name: string; domainId: string }): Promise<ShownUser> {
    const { db, changes } = this.#parts;
    const { name, domainId, enabled = true, defaultProjectId = null, password, options = {}, extra = {} } = wanted;
    const domain = await findProject(db.q, domainId);
    if (!domain?.isDomain) throw notFound({ kind: 'domain', id: domainId });
    await this.#refuseDomainAsProject(defaultProjectId);
    const createdAt = nowIso();
    const user: User = { id: newId(), name, domainId, enabled, defaultProjectId, options, extra, createdAt };
    const hash = password == null ? undefined : await this.#parts.hasher.hash(password);
    await refusingDuplicates('user', name, () =>
      changes.write(async (tx) => {
        await insertUser(tx, user);
        if (hash) await replacePassword(tx, { id: newId(), userId: user.id, hash, createdAt, expiresAt: null });
      }),
    );
    return { ...user, passwordExpiresAt: null };
  }

  /** A new password and disabling end the user's tokens. @throws notFound, invalid, alreadyExists */
  async update(id: string, wanted: UserValues): Promise<ShownUser> {
    const { changes, revoked, hasher } = this.#parts;
    const known = await this.find(id);
    if (!known) throw notFound({ kind: 'user', id });
    if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
      throw invalid({ message: 'Cannot change domain_id of a user.' });
    const { name = known.name, enabled = known.enabled, options = known.options, extra = {}, password } = wanted;
    const { defaultProjectId = known.defaultProjectId } = wanted;
    if (defaultProjectId !== known.defaultProjectId) await this.#refuseDomainAsProject(defaultProjectId);
    const user = { ...known, name, enabled, defaultProjectId, options, extra: { ...known.extra, ...extra } };
    const hash = password == null ? undefined : await hasher.hash(password);
    await refusingDuplicates('user', name, () =>
      changes.write(async (tx) => {
        await updateUser(tx, user);
        if (hash) await replacePassword(tx, { id: newId(), userId: id, hash, createdAt: nowIso(), expiresAt: null });
        if (hash || (known.enabled && !enabled)) await revoked.revoke(tx, { userId: id });
      }),
    );
    return this.show(user);
  }

  /** @throws unauthorized for a wrong password, an unknown or a disabled user alike. */
  async changePassword(id: string, original: string, password: string): Promise<void> {
    const { passwords, hasher, changes, revoked } = this.#parts;
    const known = await this.find(id);
    if (!(await passwords.isPassword(id, original)) || !known?.enabled) throw unauthorized();
    if (original === password) throw invalid({ message: 'The new password must not be the original one.' });
    const hash = await hasher.hash(password);
    await changes.write(async (tx) => {
      await replacePassword(tx, { id: newId(), userId: id, hash, createdAt: nowIso(), expiresAt: null });
      await revoked.revoke(tx, { userId: id });
    });
  }

  /** With the roles that were given to it. @throws notFound */
  async delete(id: string): Promise<void> {
    if (!(await this.find(id))) throw notFound({ kind: 'user', id });
    await this.#parts.changes.write(async (tx) => {
      await deleteAssignmentsOfActor(tx, id);
      await deleteUser(tx, id);
      await this.#parts.revoked.revoke(tx, { userId: id });
    });
  }

  projectsOf(id: string): Promise<Project[]> {
    return this.#parts.access.projectsOf(id);
  }

  async #shown(users: readonly User[]): Promise<ShownUser[]> {
    const ends = await passwordEnds(
      this.#parts.db.q,
      users.map((one) => one.id),
    );
    return users.map((one) => ({ ...one, passwordExpiresAt: ends.get(one.id) ?? null }));
  }

  async #refuseDomainAsProject(id: string | null): Promise<void> {
    const found = id === null ? undefined : await findProject(this.#parts.db.q, id);
    if (found?.isDomain) throw invalid({ message: "User's default project ID cannot be a domain ID." });
  }
}
