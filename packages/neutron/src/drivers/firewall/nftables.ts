import { existsSync } from 'node:fs';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';
import type { NetHost } from '../host/net-host.ts';
import { flushPlan, forgetFlows } from './conntrack-flush.ts';
import type {
  FirewallDriver,
  FirewallGroup,
  FirewallNetwork,
  FirewallPort,
  FirewallReport,
  FirewallState,
} from './driver.ts';
import { type FirewallTables, firewallTables } from './firewall-tables.ts';
import type { NodeGuard } from './node-chains.ts';
import { changes, replacement } from './table-model.ts';

const EMPTY: FirewallState = { networks: [], ports: [], groups: [] };

interface Applied {
  state: FirewallState;
  tables: FirewallTables;
}

/**
 * nftables in the families bridge and inet (see `firewall-tables.ts`). The first `sync` of a process replaces whatever
 * an earlier one left; later ones write only the difference. When the kernel refuses a difference, because somebody
 * else changed our tables, they are replaced as a whole.
 */
export class NftablesFirewallDriver implements FirewallDriver {
  readonly #host: NetHost;
  readonly #guard: NodeGuard;
  /** What the tables hold as far as this process wrote them all; undefined before the first `sync`. */
  #applied: Applied | undefined;
  #prepared = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: NetHost, guard: NodeGuard) {
    this.#host = host;
    this.#guard = guard;
  }

  sync(desired: FirewallState): Promise<FirewallReport> {
    return this.#inTurn(async () => {
      // Looked at each time: after `nft flush ruleset` by an operator a difference of nothing would leave nothing.
      if (this.#applied && !(await this.#tablesExist())) this.#applied = undefined;
      await this.#apply(desired);
      return this.report();
    });
  }

  ensurePort(network: FirewallNetwork, port: FirewallPort, groups: readonly FirewallGroup[]): Promise<void> {
    return this.#inTurn(async () => {
      const addition: FirewallState = { networks: [network], ports: [port], groups };
      if (this.#applied) return this.#apply(merged(this.#applied.state, addition));
      await this.#prepare();
      const tables = firewallTables(this.#host.marks.table, addition, this.#guard);
      await this.#write([...changes(tables.bridge), ...changes(tables.inet)]);
    });
  }

  removePort(portId: string): Promise<void> {
    return this.#inTurn(async () => {
      // Before the first sync there is nothing to tell from; that sync removes the port's rules.
      if (!this.#applied) return;
      const { state } = this.#applied;
      await this.#apply({ ...state, ports: state.ports.filter((port) => port.portId !== portId) });
    });
  }

  async report(): Promise<FirewallReport> {
    const { table } = this.#host.marks;
    const tables = await this.#host.ownTables();
    if (!tables.includes(`bridge ${table}`)) return { filteredPortIds: [] };
    const { stdout } = await this.#host.exec('nft', ['list', 'map', 'bridge', table, 'to_ingress']);
    return { filteredPortIds: [...stdout.matchAll(/jump i_([\w.-]+)/g)].map((match) => match[1] ?? '') };
  }

  async #apply(state: FirewallState): Promise<void> {
    await this.#prepare();
    const before = this.#applied;
    const tables = firewallTables(this.#host.marks.table, state, this.#guard);
    const whole = [...replacement(tables.bridge), ...replacement(tables.inet)];
    if (!before) await this.#write(whole);
    else {
      const difference = [...changes(tables.bridge, before.tables.bridge), ...changes(tables.inet, before.tables.inet)];
      await this.#write(difference).catch(async (error: unknown) => {
        if (!(error instanceof DriverError)) throw error;
        await this.#write(whole);
      });
    }
    this.#applied = { state, tables };
    await forgetFlows(this.#host, flushPlan(before?.state ?? EMPTY, state));
  }

  async #tablesExist(): Promise<boolean> {
    const tables = await this.#host.ownTables();
    return ['bridge', 'inet'].every((family) => tables.includes(`${family} ${this.#host.marks.table}`));
  }

  async #write(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#host.nft(`${lines.join('\n')}\n`);
  }

  async #prepare(): Promise<void> {
    if (this.#prepared) return;
    if (!existsSync('/proc/sys/net/bridge')) {
      await run('modprobe', ['br_netfilter']);
      // Loading it sends every bridge of the host through the firewall; ours ask for that one by one.
      await run('sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=0', 'net.bridge.bridge-nf-call-ip6tables=0']);
    }
    this.#prepared = true;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

function merged(state: FirewallState, addition: FirewallState): FirewallState {
  const { networks, ports, groups } = addition;
  const ids = new Set([
    ...networks.map((n) => n.networkId),
    ...ports.map((p) => p.portId),
    ...groups.map((g) => g.groupId),
  ]);
  return {
    networks: [...state.networks.filter((network) => !ids.has(network.networkId)), ...networks],
    ports: [...state.ports.filter((port) => !ids.has(port.portId)), ...ports],
    groups: [...state.groups.filter((group) => !ids.has(group.groupId)), ...groups],
  };
}
