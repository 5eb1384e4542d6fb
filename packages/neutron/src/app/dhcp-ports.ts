import { randomUUID } from 'node:crypto';
import { releaseAddress } from '../db/ip-allocations.ts';
import { portsWhere } from '../db/ports.ts';
import type { Network, Subnet } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { networks, portRows, subnets } from '../db/tables.ts';
import { ipAddressGenerationFailure } from '../errors.ts';
import type { NeutronDeps } from './deps.ts';
import { AGENT_TYPES, liveAgents } from './host-agents.ts';
import { insertPort } from './port-insertion.ts';
import { removePortRows } from './port-removal.ts';

/** Gives networks to DHCP agents, and the agents their ports in them. */
export class DhcpPorts {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  /**
   * Makes true for one network: when a subnet of it wants DHCP, a live agent serves it and has one port with an address in
   * each such subnet; else there is none. Idempotent. Without a live agent it waits until one reports. Tells the agents, after the
   * commit of `tx`.
   */
  async ensure(tx: Tx, networkId: string): Promise<void> {
    const { db, agents } = this.#deps;
    const network = await networks.lock(tx, networkId, db);
    if (!network) return;
    agents.portsChanged(tx, await this.#settle(tx, network));
    agents.dhcpChanged(tx, [networkId]);
  }

  /** @returns the ports that came and went. */
  async #settle(tx: Tx, network: Network): Promise<{ id: string; hostId: string }[]> {
    const networkId = network.id;
    const live = await liveAgents(tx, AGENT_TYPES.dhcp, this.#deps.config.agentDownSeconds);
    const hosts = live.map((agent) => agent.host);
    const load = await this.#load(tx);
    const served = (await subnets.where(tx, 'networkId', [networkId])).filter(
      (one) => one.enableDhcp && one.ipVersion === 4,
    );
    const ports = (await portsWhere(tx, 'networkId', [networkId])).filter(
      (port) => port.deviceOwner === 'network:dhcp',
    );
    const host = served.length === 0 ? null : chosen(network, hosts, load);
    if (host !== network.dhcpHost) await setHost(tx, networkId, host);
    const keep = host === null ? undefined : ports.find((port) => port.hostId === host);
    const gone = ports.filter((port) => port !== keep);
    await removePortRows(tx, this.#deps, gone);
    if (host === null) return gone;
    if (!keep) return [...gone, ...(await this.#insert(tx, network, served, host))];
    const missing = served.filter((subnet) => !keep.fixedIps.some((ip) => ip.subnetId === subnet.id));
    for (const ip of keep.fixedIps.filter((one) => !served.some((subnet) => subnet.id === one.subnetId))) {
      await releaseAddress(tx, keep.id, ip);
    }
    await this.#addresses(tx, { ...keep, mac: keep.macAddress }, missing);
    return gone;
  }

  /** Makes it true for networks that wait for an agent, or whose agent died while others live. */
  async ensureWaiting(): Promise<void> {
    const { db, config } = this.#deps;
    const live = await liveAgents(db.q, AGENT_TYPES.dhcp, config.agentDownSeconds);
    const hosts = live.map((agent) => agent.host);
    if (hosts.length === 0) return;
    const rows = await db.q
      .selectFrom('subnets')
      .innerJoin('networks', 'networks.id', 'subnets.network_id')
      .select('networks.id')
      .distinct()
      .where('subnets.enable_dhcp', '=', 1)
      .where('subnets.ip_version', '=', 4)
      .where((eb) => eb.or([eb('networks.dhcp_host', 'is', null), eb('networks.dhcp_host', 'not in', hosts)]))
      .execute();
    for (const { id } of rows) await db.transaction((tx) => this.ensure(tx, id));
  }

  async #load(tx: Tx): Promise<Map<string, number>> {
    const rows = await tx
      .selectFrom('networks')
      .select(['dhcp_host', (eb) => eb.fn.countAll().as('networks')])
      .where('dhcp_host', 'is not', null)
      .groupBy('dhcp_host')
      .execute();
    return new Map(rows.map((row) => [row.dhcp_host as string, Number(row.networks)]));
  }

  async #insert(
    tx: Tx,
    network: Network,
    served: readonly Subnet[],
    host: string,
  ): Promise<{ id: string; hostId: string }[]> {
    const port = await insertPort(tx, {
      projectId: network.projectId,
      networkId: network.id,
      deviceOwner: 'network:dhcp',
      deviceId: `dhcp-${randomUUID()}`,
      hostId: host,
      portSecurityEnabled: false,
    });
    if (await this.#addresses(tx, { id: port.id, networkId: network.id, mac: port.macAddress }, served))
      return [{ id: port.id, hostId: host }];
    await tx.deleteFrom('ip_allocations').where('port_id', '=', port.id).execute();
    await portRows.remove(tx, port.id);
    await setHost(tx, network.id, null);
    return [];
  }

  /** A subnet without a free address is served by nobody, and is made all the same. @returns whether there were enough. */
  async #addresses(
    tx: Tx,
    port: { id: string; networkId: string; mac: string },
    inSubnets: readonly Subnet[],
  ): Promise<boolean> {
    if (inSubnets.length === 0) return true;
    const { ipam, log } = this.#deps;
    const { networkId } = port;
    try {
      await ipam.allocate(tx, {
        networkId,
        portId: port.id,
        mac: port.mac,
        deviceOwner: 'network:dhcp',
        wishes: inSubnets.map((subnet) => ({ subnetId: subnet.id })),
        subnets: inSubnets,
      });
    } catch (error) {
      if (!ipAddressGenerationFailure.is(error)) throw error;
      log.warn({ networkId }, 'no address is free for the DHCP server of a network');
      return false;
    }
    await portRows.update(tx, port.id, {});
    return true;
  }
}

/** Its present host while that lives, else the live one with the fewest networks; null when none lives. */
function chosen(network: Network, hosts: readonly string[], load: ReadonlyMap<string, number>): string | null {
  if (network.dhcpHost !== null && (hosts.length === 0 || hosts.includes(network.dhcpHost))) return network.dhcpHost;
  const [first] = hosts.toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
  return first ?? null;
}

async function setHost(tx: Tx, id: string, dhcpHost: string | null): Promise<void> {
  await tx.updateTable('networks').set({ dhcp_host: dhcpHost }).where('id', '=', id).execute();
}
