import type { Queries } from './servers.ts';

const UNFINISHED = ['running', 'undoing'] as const;

export interface UnfinishedFlow {
  id: string;
  name: string;
  key: string;
  holder: string | null;
  state: string;
}

/** The flows of these servers that have not ended. */
export async function unfinishedFlows(q: Queries, serverIds: readonly string[]): Promise<UnfinishedFlow[]> {
  if (serverIds.length === 0) return [];
  const rows = await q
    .selectFrom('flows')
    .select(['id', 'name', 'flow_key', 'holder', 'state'])
    .where('flow_key', 'in', serverIds)
    .where('state', 'in', UNFINISHED)
    .execute();
  return rows.map(({ id, name, flow_key, holder, state }) => ({ id, name, key: flow_key ?? '', holder, state }));
}

/** The flows that a host must run and has not ended. */
export async function flowsHeldBy(q: Queries, host: string): Promise<UnfinishedFlow[]> {
  const rows = await q
    .selectFrom('flows')
    .select(['id', 'name', 'flow_key', 'holder', 'state'])
    .where('holder', '=', host)
    .where('state', 'in', UNFINISHED)
    .execute();
  return rows.map(({ id, name, flow_key, holder, state }) => ({ id, name, key: flow_key ?? '', holder, state }));
}
