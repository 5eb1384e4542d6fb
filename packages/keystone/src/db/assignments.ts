import { insertIgnore } from '@kumo/core/db';
import { type Kysely, sql } from 'kysely';
import type { ActorKind, AssignmentRow, KeystoneTables, TargetKind } from './schema.ts';

type Q = Kysely<KeystoneTables>;

export const SYSTEM_TARGET = 'system';

/** One role given to one actor on one target. */
export interface Assignment {
  readonly actorKind: ActorKind;
  readonly actorId: string;
  readonly targetKind: TargetKind;
  readonly targetId: string;
  readonly roleId: string;
  /** Whether it holds for the projects below the target instead of the target. */
  readonly inherited: boolean;
}

/** A user and the groups that it is in: a group of the user's own id is another actor. */
export interface Actors {
  readonly userId: string;
  readonly groupIds: readonly string[];
}

/** All that is given to a user or one of its groups. */
export async function assignmentsOf(q: Q, { userId, groupIds }: Actors): Promise<Assignment[]> {
  const own = await listAssignments(q, { actorKind: 'user', actorIds: [userId] });
  if (groupIds.length === 0) return own;
  return [...own, ...(await listAssignments(q, { actorKind: 'group', actorIds: groupIds }))];
}

/** Where a role must be given to hold at a place: there, or for what is below one of those above it. */
export interface Place {
  readonly kind: TargetKind;
  readonly id: string;
  readonly above: readonly string[];
}

/** The roles given to a user or one of its groups that hold at a place. */
export async function rolesHeldAt(q: Q, { userId, groupIds }: Actors, { kind, id, above }: Place): Promise<string[]> {
  const given = (actorKind: ActorKind, actorIds: readonly string[]) => {
    const theirs = q
      .selectFrom('assignments')
      .select('role_id')
      .where('actor_id', 'in', [...actorIds])
      .where('actor_kind', '=', actorKind);
    const there = theirs.where('target_kind', '=', kind).where('target_id', '=', id).where('inherited', '=', 0);
    if (above.length === 0) return there;
    const inherited = theirs
      .where('target_kind', 'in', ['project', 'domain'])
      .where('target_id', 'in', [...above])
      .where('inherited', '=', 1);
    return there.union(inherited);
  };
  const own = given('user', [userId]);
  const all = groupIds.length === 0 ? own : own.union(given('group', groupIds));
  return (await all.execute()).map((row) => row.role_id);
}

export interface AssignmentFilters {
  readonly actorKind?: ActorKind;
  readonly actorIds?: readonly string[];
  readonly targetKinds?: readonly TargetKind[];
  readonly targetIds?: readonly string[];
  /** On this domain or in it. */
  readonly insideDomain?: string;
  readonly roleIds?: readonly string[];
  readonly inherited?: boolean;
}

const ORDER = ['actor_id', 'actor_kind', 'target_kind', 'target_id', 'role_id', 'inherited'] as const;

/** In a fixed order; at most `limit`, those after `after`. */
export async function listAssignments(
  q: Q,
  wanted: AssignmentFilters,
  { limit, after }: { limit?: number; after?: Assignment } = {},
): Promise<Assignment[]> {
  const { actorKind, actorIds, targetKinds, targetIds, insideDomain, roleIds, inherited } = wanted;
  let query = q.selectFrom('assignments').selectAll();
  if (actorKind !== undefined) query = query.where('actor_kind', '=', actorKind);
  if (actorIds !== undefined) query = query.where('actor_id', 'in', [...actorIds]);
  if (targetKinds !== undefined) query = query.where('target_kind', 'in', [...targetKinds]);
  if (targetIds !== undefined) query = query.where('target_id', 'in', [...targetIds]);
  if (insideDomain !== undefined) query = query.where('target_id', 'in', insideOf(q, insideDomain));
  if (roleIds !== undefined) query = query.where('role_id', 'in', [...roleIds]);
  if (inherited !== undefined) query = query.where('inherited', '=', Number(inherited));
  if (after) {
    const row = toRow(after);
    const place = ORDER.map((column) => row[column]);
    query = query.where(sql<boolean>`(${sql.join(ORDER.map((one) => sql.ref(one)))}) > (${sql.join(place)})`);
  }
  for (const column of ORDER) query = query.orderBy(column);
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map(fromRow);
}

function insideOf(q: Q, domainId: string) {
  return q
    .selectFrom('projects')
    .select('id')
    .where('domain_id', '=', domainId)
    .unionAll(q.selectFrom('projects').select('id').where('id', '=', domainId));
}

/** Nothing happens when it is there already. */
export async function insertAssignment(tx: Q, assignment: Assignment): Promise<void> {
  await insertIgnore(tx, 'assignments', [toRow(assignment)]);
}

/** False when it was not there. */
export async function deleteAssignment(tx: Q, assignment: Assignment): Promise<boolean> {
  const row = toRow(assignment);
  let query = tx.deleteFrom('assignments');
  for (const column of ORDER) query = query.where(column, '=', row[column]);
  const { numDeletedRows } = await query.executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** How many there were. */
export async function deleteAssignmentsOfActor(tx: Q, kind: ActorKind, actorId: string): Promise<number> {
  const all = tx.deleteFrom('assignments').where('actor_id', '=', actorId).where('actor_kind', '=', kind);
  return Number((await all.executeTakeFirst()).numDeletedRows);
}

export async function deleteAssignmentsOnTarget(tx: Q, targetId: string): Promise<void> {
  await tx.deleteFrom('assignments').where('target_id', '=', targetId).execute();
}

function fromRow(row: AssignmentRow): Assignment {
  return {
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    targetKind: row.target_kind,
    targetId: row.target_id,
    roleId: row.role_id,
    inherited: row.inherited === 1,
  };
}

function toRow(assignment: Assignment): AssignmentRow {
  return {
    actor_kind: assignment.actorKind,
    actor_id: assignment.actorId,
    target_kind: assignment.targetKind,
    target_id: assignment.targetId,
    role_id: assignment.roleId,
    inherited: Number(assignment.inherited),
  };
}
