import type {
  FirewallDriver,
  FirewallGroup,
  FirewallNetwork,
  FirewallPort,
  FirewallReport,
  FirewallState,
} from './driver.ts';
import { firewallTables } from './firewall-tables.ts';

const GUARD = { vxlanPort: 4789, guestPorts: [] };

/** The firewall without a kernel: refuses what the real one refuses, filters nothing. */
export class FakeFirewallDriver implements FirewallDriver {
  #ports = new Map<string, FirewallPort>();

  async sync(desired: FirewallState): Promise<FirewallReport> {
    firewallTables('kumo_fake', desired, GUARD);
    this.#ports = new Map(desired.ports.map((port) => [port.portId, port]));
    return this.report();
  }

  async ensurePort(network: FirewallNetwork, port: FirewallPort, groups: readonly FirewallGroup[]): Promise<void> {
    firewallTables('kumo_fake', { networks: [network], ports: [port], groups }, GUARD);
    this.#ports.set(port.portId, port);
  }

  async removePort(portId: string): Promise<void> {
    this.#ports.delete(portId);
  }

  async report(): Promise<FirewallReport> {
    return {
      filteredPortIds: [...this.#ports.values()].filter((port) => port.portSecurity).map((port) => port.portId),
    };
  }
}
