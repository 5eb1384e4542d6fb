import { applyFilters, type Filter, insertIgnore } from '@kumo/core/db';
import type { Kysely } from 'kysely';
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

/** All that are given to some actors, e.g. a user and its groups. */
export async function assignmentsOfActors(q: Q, actorIds: readonly string[]): Promise<Assignment[]> {
  const rows = await q
    .selectFrom('assignments')
    .selectAll()
    .where('actor_id', 'in', [...actorIds])
    .execute();
  return rows.map(fromRow);
}

export interface AssignmentFilters {
  readonly actorKind?: ActorKind;
  readonly actorIds?: readonly string[];
  readonly targetKind?: TargetKind;
  readonly targetIds?: readonly string[];
  readonly roleId?: string;
  readonly inherited?: boolean;
}

/** In a fixed order. */
export async function listAssignments(q: Q, wanted: AssignmentFilters): Promise<Assignment[]> {
  const filters: Filter[] = [];
  if (wanted.actorKind !== undefined) filters.push({ column: 'actor_kind', op: 'eq', value: wanted.actorKind });
  if (wanted.actorIds !== undefined) filters.push({ column: 'actor_id', op: 'in', value: wanted.actorIds });
  if (wanted.targetKind !== undefined) filters.push({ column: 'target_kind', op: 'eq', value: wanted.targetKind });
  if (wanted.targetIds !== undefined) filters.push({ column: 'target_id', op: 'in', value: wanted.targetIds });
  if (wanted.roleId !== undefined) filters.push({ column: 'role_id', op: 'eq', value: wanted.roleId });
  if (wanted.inherited !== undefined) filters.push({ column: 'inherited', op: 'eq', value: Number(wanted.inherited) });
  const rows = await applyFilters(q.selectFrom('assignments').selectAll(), filters)
    .orderBy('actor_id')
    .orderBy('target_id')
    .orderBy('role_id')
    .orderBy('inherited')
    .execute();
  return rows.map(fromRow);
}

/** Nothing happens when it is there already. */
export async function insertAssignment(tx: Q, assignment: Assignment): Promise<void> {
  await insertIgnore(tx, 'assignments', [toRow(assignment)]);
}

/** False when it was not there. */
export async function deleteAssignment(tx: Q, assignment: Assignment): Promise<boolean> {
  const row = toRow(assignment);
  const { numDeletedRows } = await tx
    .deleteFrom('assignments')
    .where('actor_id', '=', row.actor_id)
    .where('actor_kind', '=', row.actor_kind)
    .where('target_kind', '=', row.target_kind)
    .where('target_id', '=', row.target_id)
    .where('role_id', '=', row.role_id)
    .where('inherited', '=', row.inherited)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function deleteAssignmentsOfActor(tx: Q, actorId: string): Promise<void> {
  await tx.deleteFrom('assignments').where('actor_id', '=', actorId).execute();
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
