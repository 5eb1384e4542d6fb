import { findAction, finishEvent, startEvent } from '../../db/instance-actions.ts';
import type { Queries } from '../../db/servers.ts';

export interface ActionEvent {
  readonly name: string;
  readonly requestId?: string;
  readonly outcome: 'started' | 'Success' | 'Error';
  readonly message?: string;
}

/** Writes an event under the instance action of its request; an end whose start was not written gets one. */
export async function writeEvent(
  tx: Queries,
  serverId: string,
  host: string | null,
  event: ActionEvent,
): Promise<void> {
  const { name, requestId, outcome, message } = event;
  if (requestId === undefined) return;
  const about = { serverId, requestId, event: name };
  if (outcome === 'started') {
    await startEvent(tx, { ...about, host });
    return;
  }
  if (!(await isOpen(tx, serverId, requestId, name))) await startEvent(tx, { ...about, host });
  await finishEvent(tx, about, { result: outcome, details: message });
}

async function isOpen(tx: Queries, serverId: string, requestId: string, event: string): Promise<boolean> {
  const action = await findAction(tx, serverId, requestId);
  if (!action) return false;
  const row = await tx
    .selectFrom('instance_action_events')
    .select('id')
    .where('action_id', '=', action.id)
    .where('event', '=', event)
    .where('finish_time', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}
