import type { Logger } from '@kumo/core/log';
import type { Bus, RpcClient } from '@kumo/core/rpc';
import { dhcpAgentRpc, l2AgentRpc, l3AgentRpc } from '../rpc/agents.ts';

/** Tells agents that something changed, after it was committed. Nobody waits for it. */
export class AgentNotifier {
  readonly #l2: RpcClient<(typeof l2AgentRpc)['methods']>;
  readonly #dhcp: RpcClient<(typeof dhcpAgentRpc)['methods']>;
  readonly #l3: RpcClient<(typeof l3AgentRpc)['methods']>;
  readonly #log: Logger;

  constructor(bus: Bus, log: Logger) {
    const from = 'neutron-server';
    this.#l2 = bus.client(l2AgentRpc, { from });
    this.#dhcp = bus.client(dhcpAgentRpc, { from });
    this.#l3 = bus.client(l3AgentRpc, { from });
    this.#log = log;
  }

  /** @param hosts where the port is, and where it was before. */
  portsChanged(ports: readonly { id: string; hostId: string }[], hosts: readonly string[] = []): void {
    const all = [...new Set([...ports.map((port) => port.hostId), ...hosts])].filter((host) => host !== '');
    if (all.length === 0) return;
    this.#tell(this.#l2.portsChanged({ portIds: ports.map((port) => port.id), hosts: all }, { fanout: true }));
  }

  networksChanged(networkIds: readonly string[]): void {
    this.#tell(this.#l2.networksChanged({ networkIds: [...networkIds] }, { fanout: true }));
    this.dhcpChanged(networkIds);
  }

  dhcpChanged(networkIds: readonly string[]): void {
    this.#tell(this.#dhcp.networksChanged({ networkIds: [...new Set(networkIds)] }, { fanout: true }));
  }

  securityGroupsChanged(securityGroupIds: readonly string[]): void {
    if (securityGroupIds.length === 0) return;
    const ids = [...new Set(securityGroupIds)];
    this.#tell(this.#l2.securityGroupsChanged({ securityGroupIds: ids }, { fanout: true }));
  }

  routersChanged(routerIds: readonly (string | null)[]): void {
    const ids = [...new Set(routerIds)].filter((id) => id !== null);
    if (ids.length > 0) this.#tell(this.#l3.routersChanged({ routerIds: ids }, { fanout: true }));
  }

  #tell(sent: Promise<void>): void {
    sent.catch((error: unknown) =>
      this.#log.warn({ err: error }, 'agents could not be told; they will look by themselves'),
    );
  }
}
