import type { Db, Page } from '@kumo/core/db';
import { findGroup, type Group, groupIdsOf, isMember, listGroups, membersOf } from '../../db/groups.ts';
import type { KeystoneTables } from '../../db/schema.ts';
import { findUser, findUserByName, listUsers, type User } from '../../db/users.ts';
import { type ListWanted, pageOptions } from '../list-page.ts';
import type { IdentitySource } from './identity-source.ts';

/** Users and groups in this service's own tables, of all domains that have no directory. */
export class SqlSource implements IdentitySource {
  readonly #db: Db<KeystoneTables>;
  readonly #listLimit: number;

  constructor(db: Db<KeystoneTables>, listLimit: number) {
    this.#db = db;
    this.#listLimit = listLimit;
  }

  findUser(id: string): Promise<User | undefined> {
    return findUser(this.#db.q, id);
  }

  findUserByName(name: string, domainId: string): Promise<User | undefined> {
    return findUserByName(this.#db.q, name, domainId);
  }

  findGroup(id: string): Promise<Group | undefined> {
    return findGroup(this.#db.q, id);
  }

  listUsers(wanted: ListWanted & { groupId?: string }): Promise<Page<User>> {
    return listUsers(this.#db.q, { ...pageOptions(wanted, this.#listLimit), groupId: wanted.groupId });
  }

  listGroups(wanted: ListWanted & { userId?: string }): Promise<Page<Group>> {
    return listGroups(this.#db.q, { ...pageOptions(wanted, this.#listLimit), userId: wanted.userId });
  }

  groupIdsOf(userId: string): Promise<readonly string[]> {
    return groupIdsOf(this.#db.q, userId);
  }

  memberIdsOf(groupId: string, limit: number): Promise<readonly string[]> {
    return membersOf(this.#db.q, groupId, limit);
  }

  isMember(groupId: string, userId: string): Promise<boolean> {
    return isMember(this.#db.q, groupId, userId);
  }
}
