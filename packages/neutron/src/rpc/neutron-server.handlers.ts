import type { RpcHandlers } from '@kumo/core/rpc';
import type { Agents } from '../app/agents.ts';
import type { DhcpStateReader } from '../app/dhcp-state.ts';
import type { L2StateReader } from '../app/l2-state.ts';
import type { L3StateReader } from '../app/l3-state.ts';
import type { MetadataLookup } from '../app/metadata-lookup.ts';
import type { ReportedStatus } from '../app/reported-status.ts';
import type { neutronServerRpc } from './neutron-server.ts';

export interface ServerParts {
  agents: Agents;
  l2: L2StateReader;
  dhcp: DhcpStateReader;
  l3: L3StateReader;
  status: ReportedStatus;
  metadata: MetadataLookup;
}

/** Message → app call, nothing else. */
export function neutronServerHandlers(parts: ServerParts): RpcHandlers<(typeof neutronServerRpc)['methods']> {
  const { agents, l2, dhcp, l3, status, metadata } = parts;
  return {
    reportState: async (report) => ({ agentId: await agents.report(report) }),
    l2State: ({ host }) => l2.all(host),
    l2Ports: ({ host, portIds }) => l2.some(host, portIds),
    dhcpState: async ({ host, networkIds }) => ({ networks: await dhcp.read(host, networkIds) }),
    l3State: async ({ host, routerIds }) => ({ routers: await l3.read(host, routerIds) }),
    portStatus: ({ host, ports }) => status.ports(host, ports),
    floatingIpStatus: ({ floatingIps }) => status.floatingIps(floatingIps),
    metadataPlaces: ({ host }) => metadata.places(host),
    metadataPort: async (at) => ({ instance: await metadata.instance(at) }),
  };
}
