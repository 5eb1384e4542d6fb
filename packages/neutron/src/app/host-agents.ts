import { fromIso, nowIso } from '@kumo/core/db';
import { codec } from '../db/codec.ts';
import type { Agent } from '../db/records.ts';
import type { Query } from '../db/table.ts';

export const AGENT_TYPES = {
  l2: 'Linux bridge agent',
  dhcp: 'DHCP agent',
  l3: 'L3 agent',
  metadata: 'Metadata agent',
} as const;

export const agentCodec = codec<Agent>({ json: ['configurations'], bool: ['adminStateUp'] });

export function isAlive(agent: Pick<Agent, 'heartbeatAt'>, downSeconds: number): boolean {
  return fromIso(nowIso()) - fromIso(agent.heartbeatAt) <= downSeconds * 1000;
}

/** Agents of a kind that are alive and may be given work, by host. */
export async function liveAgents(q: Query, agentType: string, downSeconds: number): Promise<Agent[]> {
  const rows = await q
    .selectFrom('agents')
    .selectAll()
    .where('agent_type', '=', agentType)
    .where('admin_state_up', '=', 1)
    .orderBy('host')
    .execute();
  return rows.map((row) => agentCodec.fromRow(row)).filter((agent) => isAlive(agent, downSeconds));
}
