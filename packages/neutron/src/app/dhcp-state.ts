import type { Static } from 'typebox';
import { portsWhere } from '../db/ports.ts';
import type { Network, Port, Subnet } from '../db/records.ts';
import { networks, subnets } from '../db/tables.ts';
import type { DhcpNetworkShape } from '../rpc/shapes.ts';
import type { NeutronDeps } from './deps.ts';
import { dnsNames } from './dns-names.ts';
import { segmentOf } from './segments.ts';

type DhcpNetwork = Static<typeof DhcpNetworkShape>;

/** What a host's DHCP agent shall make true. */
export class DhcpStateReader {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async read(host: string, networkIds?: readonly string[]): Promise<DhcpNetwork[]> {
    const { q } = this.#deps.db;
    const served = await networks.where(q, 'dhcpHost', [host]);
    const wanted = networkIds === undefined ? served : served.filter((network) => networkIds.includes(network.id));
    const ids = wanted.map((network) => network.id);
    const inside = Map.groupBy(await subnets.where(q, 'networkId', ids), (subnet) => subnet.networkId);
    const ports = Map.groupBy(await portsWhere(q, 'networkId', ids), (port) => port.networkId);
    return wanted.flatMap((network) =>
      this.#describe(network, inside.get(network.id) ?? [], ports.get(network.id) ?? []),
    );
  }

  #describe(network: Network, inside: readonly Subnet[], ports: readonly Port[]): DhcpNetwork[] {
    const { config } = this.#deps;
    const own = ports.find((port) => port.deviceOwner === 'network:dhcp' && port.hostId === network.dhcpHost);
    const served = inside.filter((subnet) => subnet.enableDhcp && subnet.ipVersion === 4);
    if (!own || !network.adminStateUp) return [];
    const routed = new Set(
      ports
        .filter((port) => port.deviceOwner === 'network:router_interface')
        .flatMap((port) => port.fixedIps.map((ip) => ip.subnetId)),
    );
    const described = served.flatMap((subnet) => {
      const serverIp = own.fixedIps.find((ip) => ip.subnetId === subnet.id)?.ipAddress;
      if (serverIp === undefined) return [];
      const { id: subnetId, cidr, gatewayIp, dnsNameservers, hostRoutes } = subnet;
      return [{ subnetId, cidr, serverIp, gatewayIp, dnsNameservers, hostRoutes, isolated: !routed.has(subnetId) }];
    });
    const names = dnsNames(network, ports);
    const known = new Set(described.map((subnet) => subnet.subnetId));
    return [
      {
        segment: segmentOf(network),
        portId: own.id,
        mac: own.macAddress,
        domain: network.dnsDomain.replace(/\.$/, '') || config.dnsDomain,
        leaseTimeS: config.dhcpLeaseSeconds,
        subnets: described,
        hosts: ports.filter((port) => port !== own).flatMap((port) => hostsOf(port, known, names.get(port.id))),
      },
    ];
  }
}

function hostsOf(port: Port, subnetIds: ReadonlySet<string>, hostname: string | undefined): DhcpNetwork['hosts'] {
  const served = port.fixedIps.filter((ip) => subnetIds.has(ip.subnetId));
  return served.map((ip) => ({
    portId: port.id,
    mac: port.macAddress,
    subnetId: ip.subnetId,
    ip: ip.ipAddress,
    hostname,
  }));
}
