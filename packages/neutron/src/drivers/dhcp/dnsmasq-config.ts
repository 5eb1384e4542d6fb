import {
  checkedCidr,
  checkedHostname,
  checkedInteger,
  checkedInterface,
  checkedIp,
  checkedMac,
  checkedName,
} from '../host/checked-values.ts';
import type { DhcpNetwork, DhcpSubnet } from './driver.ts';

export interface DnsmasqFiles {
  /** The main configuration, which names the other files. */
  'dnsmasq.conf': string;
  hosts: string;
  options: string;
  names: string;
}

export const METADATA_IP = '169.254.169.254';

const tag = (subnetId: string): string => `subnet-${checkedName(subnetId)}`;

/** The contents of one network's dnsmasq files. */
export function dnsmasqFiles(
  network: DhcpNetwork,
  place: { folder: string; device: string; upstreams: readonly string[]; user: string; group: string },
): DnsmasqFiles {
  return {
    'dnsmasq.conf': mainConfig(network, place),
    // `id:*`: a client is its MAC, which the port's filter checks. By the identifier that it may send instead, and which comes
    // first otherwise, it could take a neighbour's lease for its own.
    // No `set:` here: dnsmasq up to 2.90 at least frees such a tag wrongly when it reads this file again after a lease, and
    // dies. The subnet's tag comes from its dhcp-range.
    hosts: lines(network.hosts.map((host) => `${checkedMac(host.mac)},id:*,${checkedIp(host.ip)},${hostnameOf(host)}`)),
    options: lines(network.subnets.flatMap((subnet) => subnetOptions(subnet))),
    names: lines(
      network.hosts.map(
        (host) => `${checkedIp(host.ip)} ${hostnameOf(host)}.${checkedHostname(network.domain)} ${hostnameOf(host)}`,
      ),
    ),
  };
}

function mainConfig(
  network: DhcpNetwork,
  place: { folder: string; device: string; upstreams: readonly string[]; user: string; group: string },
): string {
  const { folder } = place;
  const leaseTimeS = checkedInteger(network.leaseTimeS ?? 86_400, 120, 2_147_483_647);
  const domain = checkedHostname(network.domain);
  return lines([
    'no-hosts',
    'no-resolv',
    'bind-dynamic',
    'except-interface=lo',
    `interface=${checkedInterface(place.device)}`,
    `user=${checkedName(place.user)}`,
    `group=${checkedName(place.group)}`,
    `pid-file=${folder}/pid`,
    `dhcp-leasefile=${folder}/leases`,
    `dhcp-hostsfile=${folder}/hosts`,
    `dhcp-optsfile=${folder}/options`,
    `addn-hosts=${folder}/names`,
    'dhcp-authoritative',
    'dhcp-ignore=tag:!known',
    'dhcp-lease-max=65536',
    `dhcp-option-force=option:mtu,${checkedInteger(network.mtu, 68, 65_535)}`,
    `domain=${domain}`,
    `local=/${domain}/`,
    ...place.upstreams.map((server) => `server=${checkedIp(server)}`),
    ...network.subnets.map((subnet) => {
      const [address = '', length] = checkedCidr(subnet.cidr).split('/');
      return `dhcp-range=set:${tag(subnet.subnetId)},${address},static,${netmask(Number(length))},${leaseTimeS}s`;
    }),
  ]);
}

function subnetOptions(subnet: DhcpSubnet): string[] {
  const line = (option: string, values: readonly string[]) =>
    `tag:${tag(subnet.subnetId)},${option}${values.length > 0 ? `,${values.join(',')}` : ''}`;
  const serverIp = checkedIp(subnet.serverIp);
  const gateway = subnet.gatewayIp === null ? undefined : checkedIp(subnet.gatewayIp);
  const routes = subnet.hostRoutes.flatMap(({ destination, nexthop }) => [
    checkedCidr(destination),
    checkedIp(nexthop),
  ]);
  if (subnet.isolated) routes.push(`${METADATA_IP}/32`, serverIp);
  // A client that takes option 121 must ignore option 3, so the default route has to be in there too.
  if (routes.length > 0 && gateway) routes.push('0.0.0.0/0', gateway);
  const servers = subnet.dnsNameservers.length > 0 ? subnet.dnsNameservers.map(checkedIp) : [serverIp];
  return [
    line('option:dns-server', servers),
    // Without a value: not sent. dnsmasq would otherwise name itself as the router.
    line('option:router', gateway ? [gateway] : []),
    ...(routes.length > 0 ? [line('option:classless-static-route', routes), line('249', routes)] : []),
  ];
}

function hostnameOf(host: { ip: string; hostname?: string }): string {
  return host.hostname === undefined ? `host-${host.ip.replaceAll('.', '-')}` : checkedHostname(host.hostname);
}

function netmask(length: number): string {
  return [0, 8, 16, 24].map((at) => 256 - 2 ** (8 - Math.min(8, Math.max(0, length - at)))).join('.');
}

const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');
