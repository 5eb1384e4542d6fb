import type { FlowJournal } from '@kumo/core/flow';
import { type UnfinishedFlow, unfinishedFlows } from '../../db/server-flows.ts';
import type { Queries } from '../../db/servers.ts';

/** Cancels what is under way for a server besides one flow and its deletion. @returns those that have not ended yet. */
export async function cancelOthers(
  q: Queries,
  journal: FlowJournal,
  { serverId, flowId, reason }: { serverId: string; flowId: string; reason: string },
): Promise<UnfinishedFlow[]> {
  const all = await unfinishedFlows(q, [serverId]);
  const others = all.filter(({ id, name }) => id !== flowId && name !== 'server.delete');
  for (const { id, state } of others) if (state === 'running') await journal.cancel({ id }, reason);
  return others;
}
