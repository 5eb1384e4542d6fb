import type { Page } from '@kumo/core/db';
import { deleteAssignmentsOfActor } from '../db/assignments.ts';
import { groupTag, userTag } from '../db/change-tags.ts';
import {
  addMember,
  deleteGroup,
  findGroup,
  type Group,
  insertGroup,
  isMember,
  listGroups,
  removeMember,
  updateGroup,
} from '../db/groups.ts';
import { findProject } from '../db/projects.ts';
import { invalid, missing, notFound } from '../errors.ts';
import type { CoreParts } from './core-parts.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';

export interface GroupValues {
  readonly name?: string;
  readonly domainId?: string;
  readonly description?: string;
  readonly extra?: Record<string, unknown>;
}

/** Groups of users; roles given to a group are its members'. */
export class Groups {
  readonly #parts: CoreParts;

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  find(id: string): Promise<Group | undefined> {
    return findGroup(this.#parts.db.q, id);
  }

  list(wanted: ListWanted & { userId?: string }): Promise<Page<Group>> {
    return listGroups(this.#parts.db.q, { ...pageOptions(wanted, this.#parts.listLimit), userId: wanted.userId });
  }

  /** @throws notFound of the domain, alreadyExists */
  async create(wanted: GroupValues & { name: string; domainId: string }): Promise<Group> {
    const { domainId, description = '', extra = {} } = wanted;
    const name = wanted.name.trim();
    const domain = await findProject(this.#parts.db.q, domainId);
    if (!domain?.isDomain) throw notFound({ kind: 'domain', id: domainId });
    const group: Group = { id: newId(), name, domainId, description, extra };
    await refusingDuplicates('group', name, () =>
      this.#parts.changes.write((tx) => insertGroup(tx, group), [groupTag(group.id)]),
    );
    return group;
  }

  /** @throws notFound, invalid, alreadyExists */
  async update(id: string, wanted: GroupValues): Promise<Group> {
    const known = await this.#get(id);
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

  /** With the roles that were given to it. @throws notFound */
  async delete(id: string): Promise<void> {
    await this.#get(id);
    const { changes, deletions } = this.#parts;
    await changes.write(
      async (tx) => {
        await deletions.run('group', tx, [id]);
        await deleteAssignmentsOfActor(tx, 'group', id);
        await deleteGroup(tx, id);
      },
      [groupTag(id)],
    );
  }

  /** Nothing happens when the user is in it already. Both must be there. */
  async add(groupId: string, userId: string): Promise<void> {
    await this.#parts.changes.write((tx) => addMember(tx, groupId, userId), [userTag(userId)]);
  }

  has(groupId: string, userId: string): Promise<boolean> {
    return isMember(this.#parts.db.q, groupId, userId);
  }

  /** @throws notFound when the user is not in it. */
  async remove(groupId: string, userId: string): Promise<void> {
    await this.#parts.changes.write(
      async (tx) => {
        if (!(await removeMember(tx, groupId, userId))) throw notMember(groupId, userId);
      },
      [userTag(userId)],
    );
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
