import type { NetworkInterface } from '../rpc/shapes.ts';
import type { SubnetFacts } from './subnet-facts.ts';

interface Route {
  network: string;
  netmask: string;
  gateway: string;
}

/** `network_data.json` of the config drive and the metadata service. */
export function networkData(interfaces: readonly NetworkInterface[], subnets: readonly SubnetFacts[]) {
  const byId = new Map(subnets.map((subnet) => [subnet.id, subnet]));
  const links = interfaces.map((nic) => ({
    id: linkOf(nic),
    vif_id: nic.portId,
    type: 'bridge',
    mtu: nic.mtu ?? null,
    ethernet_mac_address: nic.macAddress,
  }));
  const networks = interfaces
    .flatMap((nic) => nic.addresses.map((address) => ({ nic, address, subnet: byId.get(address.subnetId ?? '') })))
    .flatMap(({ nic, address, subnet }) => (subnet ? [{ nic, address: address.address, subnet }] : []))
    .map(({ nic, address, subnet }, index) => ({
      id: `network${index}`,
      type: typeOf(subnet),
      link: linkOf(nic),
      network_id: nic.networkId,
      ...(isStatic(subnet) ? staticPart(address, subnet) : {}),
    }));
  const servers = new Set(subnets.flatMap(({ dns_nameservers }) => dns_nameservers));
  return { links, networks, services: [...servers].map((address) => ({ type: 'dns', address })) };
}

function linkOf({ portId }: NetworkInterface): string {
  return `tap${portId.slice(0, 11)}`;
}

function isStatic(subnet: SubnetFacts): boolean {
  return !subnet.enable_dhcp || (subnet.ip_version === 6 && subnet.ipv6_address_mode === null);
}

function typeOf(subnet: SubnetFacts): string {
  if (subnet.ip_version === 4) return subnet.enable_dhcp ? 'ipv4_dhcp' : 'ipv4';
  if (isStatic(subnet)) return 'ipv6';
  return subnet.ipv6_address_mode === 'slaac' ? 'ipv6_slaac' : `ipv6_${subnet.ipv6_address_mode}`;
}

function staticPart(address: string, subnet: SubnetFacts) {
  const services = subnet.dns_nameservers.map((server) => ({ type: 'dns', address: server }));
  return { ip_address: address, netmask: netmaskOf(subnet.cidr), routes: routesOf(subnet), services };
}

function routesOf(subnet: SubnetFacts): Route[] {
  const own = subnet.host_routes.map(({ destination, nexthop }) => ({
    network: destination.split('/')[0]!,
    netmask: netmaskOf(destination),
    gateway: nexthop,
  }));
  if (subnet.gateway_ip === null) return own;
  const everywhere = subnet.ip_version === 6 ? '::' : '0.0.0.0';
  return [{ network: everywhere, netmask: everywhere, gateway: subnet.gateway_ip }, ...own];
}

/** `255.255.255.0` of `10.0.0.0/24`, `ffff:ffff:ffff:ffff::` of a /64. */
export function netmaskOf(cidr: string): string {
  const [address = '', prefix = '0'] = cidr.split('/');
  const bits = Number(prefix);
  const isV6 = address.includes(':');
  const groupBits = isV6 ? 16 : 8;
  const groups = Array.from({ length: isV6 ? 8 : 4 }, (_, index) => {
    const set = Math.max(0, Math.min(groupBits, bits - index * groupBits));
    return (2 ** groupBits - 1) ^ (2 ** (groupBits - set) - 1);
  });
  if (!isV6) return groups.join('.');
  const used = groups.filter((group) => group > 0).map((group) => group.toString(16));
  return used.length === 8 ? used.join(':') : `${used.join(':')}::`;
}
