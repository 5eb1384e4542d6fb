import type { Page } from '@kumo/core/db';
import type { Group } from '../../db/groups.ts';
import type { User } from '../../db/users.ts';
import type { ListWanted } from '../list-page.ts';

/**
 * Where users and groups are: this service's tables, or the directory of a domain. All ids are those of the API. What is
 * asked of a directory may throw directoryUnavailable; nothing has an effect, so all may be asked again.
 */
export interface IdentitySource {
  /** Undefined when there is none. */
  findUser(id: string): Promise<User | undefined>;
  findUserByName(name: string, domainId: string): Promise<User | undefined>;
  findGroup(id: string): Promise<Group | undefined>;
  /** A page in the source's order. @param wanted.groupId only this group's members. @throws invalid for a marker */
  listUsers(wanted: ListWanted & { groupId?: string }): Promise<Page<User>>;
  /** @param wanted.userId only the groups that this user is in. */
  listGroups(wanted: ListWanted & { userId?: string }): Promise<Page<Group>>;
  /** The groups that a user is in; none for unknown users. */
  groupIdsOf(userId: string): Promise<readonly string[]>;
  /** The members of a group, so many at most; none for unknown groups. */
  memberIdsOf(groupId: string, limit: number): Promise<readonly string[]>;
  isMember(groupId: string, userId: string): Promise<boolean>;
}
