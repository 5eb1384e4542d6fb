import { randomUUID } from 'node:crypto';
import { nowIso, pageQuery } from '@kumo/core/db';
import type { InstanceActionEventRow, InstanceActionRow } from './schema.ts';
import type { Queries } from './servers.ts';

export interface NewAction {
  serverId: string;
  requestId: string;
  action: string;
  userId: string;
  projectId: string;
}

/** Writes down what a user began; belongs into the transaction that begins it. */
export async function insertAction(tx: Queries, actions: readonly NewAction[]): Promise<void> {
  const now = nowIso();
  const rows = actions.map(({ serverId, requestId, action, userId, projectId }) => ({
    id: randomUUID(),
    server_id: serverId,
    request_id: requestId,
    action,
    user_id: userId,
    project_id: projectId,
    start_time: now,
    finish_time: null,
    message: null,
    updated_at: now,
  }));
  await tx.insertInto('instance_actions').values(rows).execute();
}

export interface ActionFilter {
  changesSince?: string;
  changesBefore?: string;
  limit: number;
  marker?: string;
  unknownMarker: (marker: string | number) => Error;
}

/** Newest first; the marker is a request id. */
export async function listActions(q: Queries, serverId: string, filter: ActionFilter) {
  const { changesSince, changesBefore, limit, marker, unknownMarker } = filter;
  const id = marker === undefined ? undefined : (await findAction(q, serverId, marker))?.id;
  if (marker !== undefined && id === undefined) throw unknownMarker(marker);
  return pageQuery(q.selectFrom('instance_actions').selectAll().where('server_id', '=', serverId), {
    filters: [
      ...(changesSince === undefined ? [] : [{ column: 'updated_at', op: 'gte' as const, value: changesSince }]),
      ...(changesBefore === undefined ? [] : [{ column: 'updated_at', op: 'lte' as const, value: changesBefore }]),
    ],
    sorts: [{ column: 'start_time', dir: 'desc', nullable: false }],
    limit,
    marker: id,
  });
}

export async function findAction(
  q: Queries,
  serverId: string,
  requestId: string,
): Promise<InstanceActionRow | undefined> {
  return q
    .selectFrom('instance_actions')
    .selectAll()
    .where('server_id', '=', serverId)
    .where('request_id', '=', requestId)
    .orderBy('start_time', 'desc')
    .executeTakeFirst();
}

export async function eventsOf(q: Queries, actionId: string): Promise<InstanceActionEventRow[]> {
  return q
    .selectFrom('instance_action_events')
    .selectAll()
    .where('action_id', '=', actionId)
    .orderBy('start_time', 'desc')
    .execute();
}

/** Begins an event of the action with this request id; nothing when there is no such action. Gives the event's id. */
export async function startEvent(
  tx: Queries,
  about: { serverId: string; requestId: string; event: string; host: string | null },
): Promise<string | undefined> {
  const action = await findAction(tx, about.serverId, about.requestId);
  if (!action) return undefined;
  const id = randomUUID();
  await tx
    .insertInto('instance_action_events')
    .values({
      id,
      action_id: action.id,
      event: about.event,
      start_time: nowIso(),
      finish_time: null,
      result: null,
      traceback: null,
      host: about.host,
      details: null,
    })
    .execute();
  return id;
}

/** Ends what `startEvent` began, and the action itself; a failure's words go to both. */
export async function finishEvent(
  tx: Queries,
  about: { serverId: string; requestId: string; event: string },
  outcome: { result: 'Success' | 'Error'; details?: string },
): Promise<void> {
  const action = await findAction(tx, about.serverId, about.requestId);
  if (!action) return;
  const now = nowIso();
  await tx
    .updateTable('instance_action_events')
    .set({ finish_time: now, result: outcome.result, details: outcome.details ?? null })
    .where('action_id', '=', action.id)
    .where('event', '=', about.event)
    .where('finish_time', 'is', null)
    .execute();
  await tx
    .updateTable('instance_actions')
    .set({ finish_time: now, updated_at: now, message: outcome.result === 'Error' ? 'Error' : action.message })
    .where('id', '=', action.id)
    .execute();
}
