import type { Network, PortRow } from '../db/records.ts';
import type { Query } from '../db/table.ts';
import type { NeutronDeps } from './deps.ts';
import { AGENT_TYPES, liveAgents } from './host-agents.ts';

const OWN_TYPES = new Set(['vxlan', 'local']);

/**
 * The mechanism `linuxbridge`: whether the host's L2 agent can carry the port.
 * @returns what the binding becomes; `binding_failed` where no live agent reaches the network, which is no error.
 */
export async function bind(
  q: Query,
  deps: Pick<NeutronDeps, 'config'>,
  want: { hostId: string; vnicType: string; network: Network },
): Promise<PortRow['vifType']> {
  const { hostId, vnicType, network } = want;
  if (hostId === '') return 'unbound';
  if (vnicType !== 'normal') return 'binding_failed';
  const agents = await liveAgents(q, AGENT_TYPES.l2, deps.config.agentDownSeconds);
  const agent = agents.find((one) => one.host === hostId);
  if (!agent) return 'binding_failed';
  if (OWN_TYPES.has(network.networkType)) return 'bridge';
  const mappings = agent.configurations.bridge_mappings as Record<string, string> | undefined;
  return mappings?.[network.physicalNetwork ?? ''] ? 'bridge' : 'binding_failed';
}
