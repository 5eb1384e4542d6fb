import { afterCommit } from '@kumo/core/db';
import type { Bus, RpcClient } from '@kumo/core/rpc';
import type { Tx } from '../db/table.ts';
import { dhcpAgentRpc, l2AgentRpc, l3AgentRpc } from '../rpc/agents.ts';

/** Tells agents, after the commit of `tx`, that something changed. Nobody waits for it; agents look by themselves now and then. */
export class AgentNotifier {
  readonly #l2: RpcClient<(typeof l2AgentRpc)['methods']>;
  readonly #dhcp: RpcClient<(typeof dhcpAgentRpc)['methods']>;
  readonly #l3: RpcClient<(typeof l3AgentRpc)['methods']>;

  constructor(bus: Bus) {
    const from = 'neutron-server';
    this.#l2 = bus.client(l2AgentRpc, { from });
    this.#dhcp = bus.client(dhcpAgentRpc, { from });
    this.#l3 = bus.client(l3AgentRpc, { from });
  }

  /** @param hosts where the port is, and where it was before. */
  portsChanged(tx: Tx, ports: readonly { id: string; hostId: string }[], hosts: readonly string[] = []): void {
    const all = [...new Set([...ports.map((port) => port.hostId), ...hosts])].filter((host) => host !== '');
    if (all.length === 0) return;
    const args = { portIds: ports.map((port) => port.id), hosts: all };
    this.#tell(tx, 'l2.portsChanged', () => this.#l2.portsChanged(args, { fanout: true }));
  }

  networksChanged(tx: Tx, networkIds: readonly string[]): void {
    const args = { networkIds: [...networkIds] };
    this.#tell(tx, 'l2.networksChanged', () => this.#l2.networksChanged(args, { fanout: true }));
    this.dhcpChanged(tx, networkIds);
  }

  dhcpChanged(tx: Tx, networkIds: readonly string[]): void {
    const args = { networkIds: [...new Set(networkIds)] };
    this.#tell(tx, 'dhcp.networksChanged', () => this.#dhcp.networksChanged(args, { fanout: true }));
  }

  securityGroupsChanged(tx: Tx, securityGroupIds: readonly string[]): void {
    if (securityGroupIds.length === 0) return;
    const args = { securityGroupIds: [...new Set(securityGroupIds)] };
    this.#tell(tx, 'l2.securityGroupsChanged', () => this.#l2.securityGroupsChanged(args, { fanout: true }));
  }

  routersChanged(tx: Tx, routerIds: readonly (string | null)[]): void {
    const ids = [...new Set(routerIds)].filter((id) => id !== null);
    if (ids.length === 0) return;
    this.#tell(tx, 'l3.routersChanged', () => this.#l3.routersChanged({ routerIds: ids }, { fanout: true }));
  }

  #tell(tx: Tx, name: string, send: () => Promise<void>): void {
    afterCommit(tx, { name, send });
  }
}
