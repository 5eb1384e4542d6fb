import type { Page } from '@kumo/core/db';
import { deleteAssignmentsOfActor } from '../db/assignments.ts';
import { groupTag, userTag } from '../db/change-tags.ts';
import { addMember, deleteGroup, type Group, insertGroup, membersOf, removeMember, updateGroup } from '../db/groups.ts';
import { findProject } from '../db/projects.ts';
import { invalid, missing, notFound } from '../errors.ts';
import { refusingDuplicates } from './duplicates.ts';
import type { ListWanted } from './list-page.ts';
import { newId } from './new-id.ts';
import type { ResourceDeps } from './resource-deps.ts';

const EVERYBODY = Number.MAX_SAFE_INTEGER;

export interface GroupValues {
  readonly name?: string;
  readonly domainId?: string;
  readonly description?: string;
  readonly extra?: Record<string, unknown>;
}

/** Groups of users; roles given to a group are its members'. */
export class Groups {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  find(id: string): Promise<Group | undefined> {
    return this.#parts.identities.findGroup(id);
  }

  /** @param wanted.domainId whose groups are wanted, if one domain's are: they may be in a directory. */
  list(wanted: ListWanted & { userId?: string; domainId?: string }): Promise<Page<Group>> {
    return this.#parts.identities.listGroups(wanted);
  }

  /** @throws notFound of the domain, alreadyExists */
  async create(wanted: GroupValues & { name: string; domainId: string }): Promise<Group> {
    const { domainId, description = '', extra = {} } = wanted;
    const name = wanted.name.trim();
    const domain = await findProject(this.#parts.db.q, domainId);
    if (!domain?.isDomain) throw notFound({ kind: 'domain', id: domainId });
    await this.#parts.identities.refuseDirectory({ domainId });
    const group: Group = { id: newId(), name, domainId, description, extra };
    await refusingDuplicates('group', name, () =>
      this.#parts.changes.write((tx) => insertGroup(tx, group), [groupTag(group.id)]),
    );
    return group;
  }

  /** @throws notFound, invalid, alreadyExists */
  async update(id: string, wanted: GroupValues): Promise<Group> {
    const known = await this.#get(id);
    await this.#parts.identities.refuseDirectory({ id });
    if (wanted.domainId !== undefined && wanted.domainId !== known.domainId)
      throw invalid({ message: 'Cannot change Domain ID' });
    const { description = known.description, extra = {} } = wanted;
    const name = wanted.name?.trim() ?? known.name;
    const group = { ...known, name, description, extra: { ...known.extra, ...extra } };
    await refusingDuplicates('group', name, () =>
      this.#parts.changes.write((tx) => updateGroup(tx, group), [groupTag(id)]),
    );
    return group;
  }

  /** With the roles that were given to it: if there were any, its members' tokens are over. @throws notFound */
  async delete(id: string): Promise<void> {
    const { changes, deletions, identities, revoked } = this.#parts;
    await this.#get(id);
    await identities.refuseDirectory({ id });
    await changes.write(
      async (tx) => {
        await deletions.run('group', tx, [id]);
        if ((await deleteAssignmentsOfActor(tx, 'group', id)) > 0)
          await revoked.revokeAll(
            tx,
            (await membersOf(tx, id, EVERYBODY)).map((userId) => ({ userId })),
          );
        await deleteGroup(tx, id);
      },
      [groupTag(id)],
    );
  }

  /** Nothing happens when the user is in it already. Both must be there. */
  async add(groupId: string, userId: string): Promise<void> {
    await this.#refuseDirectories(groupId, userId);
    await this.#parts.changes.write((tx) => addMember(tx, groupId, userId), [userTag(userId)]);
  }

  has(groupId: string, userId: string): Promise<boolean> {
    return this.#parts.identities.isMember(groupId, userId);
  }

  /** The user's tokens are over. @throws notFound when the user is not in it. */
  async remove(groupId: string, userId: string): Promise<void> {
    await this.#refuseDirectories(groupId, userId);
    await this.#parts.changes.write(
      async (tx) => {
        if (!(await removeMember(tx, groupId, userId))) throw notMember(groupId, userId);
        await this.#parts.revoked.revoke(tx, { userId });
      },
      [userTag(userId)],
    );
  }

  /** A group has members of its own kind: those of a directory are the directory's to have, those of the tables ours. */
  async #refuseDirectories(groupId: string, userId: string): Promise<void> {
    for (const id of [groupId, userId]) await this.#parts.identities.refuseDirectory({ id });
  }

  async #get(id: string): Promise<Group> {
    const known = await this.find(id);
    if (!known) throw notFound({ kind: 'group', id });
    return known;
  }
}

/** What is answered for a user that is not in a group. */
export function notMember(groupId: string, userId: string): Error {
  return missing({ message: `User '${userId}' not found in group '${groupId}'` });
}
