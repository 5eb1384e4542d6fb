import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { Serving } from '@kumo/core/rpc';
import type { Static } from 'typebox';
import { agentHeartbeat, type ServerClient } from '../agents/agent-heartbeat.ts';
import { dataPlane } from '../agents/data-plane.ts';
import type { NeutronConfig } from '../config.ts';
import { type ExternalDriver, type FirewallDriver, firewallNetwork, type L2Driver } from '../drivers/index.ts';
import { l2AgentRpc } from '../rpc/agents.ts';
import { neutronServerRpc } from '../rpc/neutron-server.ts';
import type { L2StateShape } from '../rpc/shapes.ts';

type L2State = Static<typeof L2StateShape>;
type PortState = L2State['ports'][number];

const BINARY = 'neutron-linuxbridge-agent';
const ALL = 'all';
/** So many nudges at once are cheaper as one look at everything. */
const MANY_PORTS = 8;
const DEBOUNCE_MS = 100;

/** Switches and filters of one host: a look at everything now and then, and single ports at once when they are named. */
export async function neutronL2Agent(env: DaemonEnv, config: NeutronConfig): Promise<Daemon> {
  const server = env.bus.client(neutronServerRpc, { from: BINARY, to: 'neutron-server' });
  const agent = new L2Agent(env, config, { server, ...dataPlane(env, config).l2() });
  const heartbeat = agentHeartbeat(server, env, config, {
    agentType: 'Linux bridge agent',
    binary: BINARY,
    availabilityZone: null,
    configurations: {
      bridge_mappings: config.physicalBridges,
      tunnel_types: ['vxlan'],
      tunneling_ip: config.tunnelAddress ?? env.managementAddress,
    },
  });
  let serving: Serving | undefined;
  return {
    name: BINARY,
    start: async () => {
      serving = await env.bus.serve(
        l2AgentRpc,
        { server: env.host, name: BINARY, onResumed: () => agent.lookSoon() },
        {
          portsChanged: ({ portIds, hosts }) => agent.portsChanged(portIds, hosts),
          networksChanged: () => agent.lookSoon(),
          securityGroupsChanged: () => agent.lookSoon(),
        },
      );
      await heartbeat.start(() => agent.start());
    },
    stop: async () => {
      // Nobody is there to answer it, perhaps: the report under way is not waited for.
      void heartbeat.stop();
      await serving?.close();
      await agent.stop();
    },
  };
}

interface L2AgentParts {
  server: ServerClient;
  l2: L2Driver;
  firewall: FirewallDriver;
  external: ExternalDriver;
}

class L2Agent {
  readonly #env: DaemonEnv;
  readonly #config: NeutronConfig;
  readonly #parts: L2AgentParts;
  readonly #loop: Reconciler;
  readonly #waiting = new Set<string>();
  #soon: NodeJS.Timeout | undefined;
  /** What was asked for must be applied before anything newer is asked for. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(env: DaemonEnv, config: NeutronConfig, parts: L2AgentParts) {
    this.#env = env;
    this.#config = config;
    this.#parts = parts;
    this.#loop = reconciler({
      name: BINARY,
      intervalMs: config.agentSyncSeconds * 1000,
      keys: async () => [ALL],
      reconcile: () => this.#inTurn(() => this.#syncAll()),
      maxBackoffMs: 5000,
      log: env.log,
    });
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#soon);
    await this.#loop.stop();
    await this.#last;
  }

  /** A look at everything, once for all nudges of a short while. */
  lookSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#loop.nudge(ALL);
    }, DEBOUNCE_MS).unref();
  }

  /** Ports of this host at once; those of others may change where traffic is sent, and whom groups let in. */
  async portsChanged(portIds: readonly string[], hosts: readonly string[]): Promise<void> {
    this.lookSoon();
    if (!hosts.includes(this.#env.host)) return;
    for (const id of portIds) this.#waiting.add(id);
    await this.#inTurn(async () => {
      const ids = [...this.#waiting];
      this.#waiting.clear();
      if (ids.length === 0) return;
      await (ids.length > MANY_PORTS ? this.#syncAll() : this.#syncPorts(ids));
    });
  }

  async #syncPorts(portIds: readonly string[]): Promise<void> {
    const { server, l2, firewall } = this.#parts;
    const state = await server.l2Ports({ host: this.#env.host, portIds: [...portIds] });
    const done: PortState[] = [];
    for (const port of state.ports) {
      const network = this.#reachable(state).find((one) => one.networkId === port.networkId);
      if (!network) continue;
      await firewall.ensurePort(firewallNetwork(network, this.#config.physicalBridges), port, state.groups);
      await l2.ensurePort(network, port);
      done.push(port);
    }
    const kept = new Set(state.ports.map((port) => port.portId));
    for (const id of portIds) {
      if (kept.has(id)) continue;
      await l2.removePort(id);
      await firewall.removePort(id);
    }
    await this.#report(done);
    // A network of which this host has no guest yet: its bridge is needed for DHCP and routers.
    if (state.networks.length > 0 && state.ports.length === 0) this.#loop.nudge(ALL);
  }

  async #syncAll(): Promise<void> {
    const { server, l2, firewall, external } = this.#parts;
    const { manage, guestPorts: _, ...bridge } = this.#config.external;
    if (manage) await external.ensure({ ...bridge, mtu: this.#config.physicalMtu });
    const state = await server.l2State({ host: this.#env.host });
    const networks = this.#reachable(state);
    const known = new Set(networks.map((network) => network.networkId));
    const ports = state.ports.filter((port) => known.has(port.networkId));
    const filtered = networks.map((network) => firewallNetwork(network, this.#config.physicalBridges));
    // Filters first, so that no tap is ever open.
    await firewall.sync({ networks: filtered, ports, groups: state.groups });
    await l2.sync({ networks, ports });
    await this.#report(ports);
  }

  async #report(ports: readonly PortState[]): Promise<void> {
    if (ports.length === 0) return;
    const reports = ports.map(({ portId, adminUp }) => ({
      portId,
      status: adminUp ? ('ACTIVE' as const) : ('DOWN' as const),
    }));
    await this.#parts.server.portStatus({ host: this.#env.host, ports: reports });
  }

  /** Without flat networks whose physical network this host does not have. */
  #reachable(state: L2State): L2State['networks'] {
    return state.networks.filter((network) => {
      const isReachable = network.type !== 'flat' || (network.physicalNetwork ?? '') in this.#config.physicalBridges;
      if (!isReachable)
        this.#env.log.error(
          { network },
          'the physical network has no bridge on this host: name one in neutron.physicalBridges',
        );
      return isReachable;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
