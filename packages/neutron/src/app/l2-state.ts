import type { Static } from 'typebox';
import { portsWhere, withDetails } from '../db/ports.ts';
import type { Network, Port } from '../db/records.ts';
import type { Query } from '../db/table.ts';
import { networks, portRows, securityGroupRules } from '../db/tables.ts';
import type { L2StateShape } from '../rpc/shapes.ts';
import type { NeutronDeps } from './deps.ts';
import { AGENT_TYPES, agentCodec } from './host-agents.ts';
import { segmentOf } from './segments.ts';

type L2State = Static<typeof L2StateShape>;

/** What a host's L2 agent shall make true. */
export class L2StateReader {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async all(host: string): Promise<L2State> {
    const { q } = this.#deps.db;
    return this.#state(q, host, await portsWhere(q, 'hostId', [host]));
  }

  async some(host: string, portIds: readonly string[]): Promise<L2State> {
    const { q } = this.#deps.db;
    const rows = (await portRows.findMany(q, portIds)).filter((port) => port.hostId === host);
    return this.#state(q, host, await withDetails(q, rows));
  }

  async #state(q: Query, host: string, ports: readonly Port[]): Promise<L2State> {
    const bound = ports.filter((port) => port.vifType === 'bridge');
    const found = await networks.findMany(q, [...new Set(bound.map((port) => port.networkId))]);
    const byId = new Map(found.map((network) => [network.id, network]));
    const guests = bound.filter((port) => !port.deviceOwner.startsWith('network:'));
    const rules = await rulesOf(q, [...new Set(guests.flatMap((port) => port.securityGroups))]);
    const remoteIds = [...rules.values()]
      .flat()
      .map((rule) => rule.remoteGroupId)
      .filter((id) => id !== null);
    return {
      networks: await this.#networks(q, host, found),
      ports: guests.flatMap((port) => {
        const network = byId.get(port.networkId);
        return network ? [portOf(port, network, rules)] : [];
      }),
      groups: await groupsOf(q, [...new Set(remoteIds)]),
    };
  }

  async #networks(q: Query, host: string, found: readonly Network[]): Promise<L2State['networks']> {
    const tunnels = found.filter((network) => network.networkType === 'vxlan').map((network) => network.id);
    const elsewhere = (await portsWhere(q, 'networkId', tunnels)).filter(
      (port) => port.hostId !== '' && port.hostId !== host,
    );
    const addresses = await tunnelAddresses(q, [...new Set(elsewhere.map((port) => port.hostId))]);
    const byNetwork = Map.groupBy(elsewhere, (port) => port.networkId);
    return found.map((network) => {
      const fdb = (byNetwork.get(network.id) ?? []).flatMap((port) => {
        const hostIp = addresses.get(port.hostId);
        return hostIp === undefined ? [] : [{ mac: port.macAddress, hostIp, ip: port.fixedIps[0]?.ipAddress }];
      });
      const remotes = [...new Set(fdb.map((entry) => entry.hostIp))].map((hostIp) => ({ hostIp }));
      return { ...segmentOf(network), remotes, fdb };
    });
  }
}

type Rules = Awaited<ReturnType<typeof rulesOf>>;

function portOf(port: Port, network: Network, rules: Rules): L2State['ports'][number] {
  return {
    portId: port.id,
    networkId: port.networkId,
    mtu: network.mtu,
    adminUp: port.adminStateUp && network.adminStateUp,
    mac: port.macAddress,
    fixedIps: port.fixedIps.map((ip) => ({ ip: ip.ipAddress })),
    allowedAddressPairs: port.allowedAddressPairs.map((pair) => ({ ip: pair.ipAddress, mac: pair.macAddress })),
    portSecurity: port.portSecurityEnabled,
    rules: port.securityGroups
      .flatMap((id) => rules.get(id) ?? [])
      .map((rule) => ({
        direction: rule.direction,
        ethertype: rule.ethertype,
        protocol: rule.protocol,
        portRangeMin: rule.portRangeMin,
        portRangeMax: rule.portRangeMax,
        remoteIpPrefix: rule.remoteIpPrefix,
        remoteGroupId: rule.remoteGroupId,
      })),
  };
}

async function rulesOf(q: Query, groupIds: readonly string[]) {
  return Map.groupBy(await securityGroupRules.where(q, 'securityGroupId', groupIds), (rule) => rule.securityGroupId);
}

/** The addresses of every group's members, on whatever host. */
async function groupsOf(q: Query, groupIds: readonly string[]): Promise<L2State['groups']> {
  if (groupIds.length === 0) return [];
  const rows = await q
    .selectFrom('port_security_groups')
    .selectAll()
    .where('security_group_id', 'in', groupIds)
    .execute();
  const members = await portsWhere(q, 'id', [...new Set(rows.map((row) => row.port_id))]);
  const byId = new Map(members.map((port) => [port.id, port]));
  const byGroup = Map.groupBy(rows, (row) => row.security_group_id);
  return groupIds.map((groupId) => {
    const ports = (byGroup.get(groupId) ?? []).map((row) => byId.get(row.port_id)).filter((port) => port !== undefined);
    const addresses = ports.flatMap((port) => [
      ...port.fixedIps.map((ip) => ip.ipAddress),
      ...port.allowedAddressPairs.map((pair) => pair.ipAddress),
    ]);
    return { groupId, addresses: [...new Set(addresses)] };
  });
}

async function tunnelAddresses(q: Query, hosts: readonly string[]): Promise<Map<string, string>> {
  if (hosts.length === 0) return new Map();
  const rows = await q
    .selectFrom('agents')
    .selectAll()
    .where('agent_type', '=', AGENT_TYPES.l2)
    .where('host', 'in', hosts)
    .execute();
  const known = rows
    .map((row) => agentCodec.fromRow(row))
    .map((agent) => [agent.host, agent.configurations.tunneling_ip] as const);
  return new Map(known.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string'));
}
