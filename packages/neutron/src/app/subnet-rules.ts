import type { NeutronConfig } from '../config.ts';
import type { HostRoute, Pool, Subnet } from '../db/records.ts';
import {
  badRequestOf,
  dnsNameserversExhausted,
  gatewayConflict,
  hostRoutesExhausted,
  invalidAllocationPool,
  invalidInput,
  outOfBoundsAllocationPool,
  overlappingAllocationPools,
} from '../errors.ts';
import { contains, hostRange, ipText, overlaps, type Prefix, parseIp, parsePrefix } from '../net/ip-address.ts';

/**
 * @throws invalidInput for what is no prefix of this family, or one that no subnet can have.
 */
export function subnetPrefix(cidr: string, ipVersion: number): Prefix {
  const prefix = parsePrefix(cidr);
  if (!prefix) throw invalidInput({ reason: `cidr '${cidr}' is not a valid IP subnet` });
  if (prefix.version !== ipVersion) {
    throw invalidInput({ reason: `cidr ${cidr} does not match the ip_version ${ipVersion}` });
  }
  const loopback = prefix.version === 4 ? '127.0.0.0/8' : '::1/128';
  const multicast = prefix.version === 4 ? '224.0.0.0/4' : 'ff00::/8';
  if (prefix.length === 0)
    throw invalidInput({ reason: `cidr ${cidr} has the prefix length 0, which no subnet may have` });
  for (const reserved of [loopback, multicast]) {
    if (overlaps(prefix, parsePrefix(reserved) as Prefix)) {
      throw invalidInput({ reason: `The CIDR ${cidr} is loopback or multicast and cannot be a subnet` });
    }
  }
  return prefix;
}

/** The gateway as it was asked for (null: none), else the first address. @throws invalidInput when it lies outside. */
export function gatewayOf(prefix: Prefix, wanted: string | null | undefined): string | null {
  if (wanted === null) return null;
  if (wanted === undefined) {
    return prefix.length >= (prefix.version === 4 ? 31 : 127)
      ? null
      : ipText({ version: prefix.version, value: prefix.first + 1n });
  }
  const gateway = parseIp(wanted);
  if (!gateway || gateway.version !== prefix.version) {
    throw invalidInput({ reason: `gateway_ip '${wanted}' is not an IPv${prefix.version} address` });
  }
  const range = hostRange(prefix);
  if (contains(prefix, gateway) && (gateway.value < range.first || gateway.value > range.last)) {
    throw badRequestOf({ resource: 'subnets', reason: `Gateway is not valid on subnet` });
  }
  return ipText(gateway);
}

/** Everything that a host may have, without the gateway. */
export function defaultPools(prefix: Prefix, gatewayIp: string | null): Pool[] {
  const { first, last } = hostRange(prefix);
  const gateway = gatewayIp === null ? undefined : parseIp(gatewayIp)?.value;
  const text = (value: bigint) => ipText({ version: prefix.version, value });
  if (gateway === undefined || gateway < first || gateway > last) return [{ start: text(first), end: text(last) }];
  const pools: Pool[] = [];
  if (gateway > first) pools.push({ start: text(first), end: text(gateway - 1n) });
  if (gateway < last) pools.push({ start: text(gateway + 1n), end: text(last) });
  return pools;
}

/** @throws what is wrong with the pools: order, family, bounds, overlaps. */
export function checkPools(prefix: Prefix, pools: readonly Pool[], gatewayIp: string | null): Pool[] {
  const range = hostRange(prefix);
  const parsed = pools.map(({ start, end }) => {
    const [first, last] = [parseIp(start), parseIp(end)];
    const pool = `${start}-${end}`;
    if (
      !first ||
      !last ||
      first.version !== prefix.version ||
      last.version !== prefix.version ||
      first.value > last.value
    ) {
      throw invalidAllocationPool({ pool });
    }
    if (first.value < range.first || last.value > range.last)
      throw outOfBoundsAllocationPool({ pool, cidr: prefix.text });
    return { first: first.value, last: last.value, pool, text: { start: ipText(first), end: ipText(last) } };
  });
  const sorted = parsed.toSorted((a, b) => (a.first < b.first ? -1 : 1));
  for (const [at, pool] of sorted.entries()) {
    const next = sorted[at + 1];
    if (next && next.first <= pool.last) {
      throw overlappingAllocationPools({ first: pool.pool, second: next.pool, cidr: prefix.text });
    }
  }
  const gateway = gatewayIp === null ? undefined : parseIp(gatewayIp)?.value;
  const conflict = sorted.find((pool) => gateway !== undefined && gateway >= pool.first && gateway <= pool.last);
  if (conflict) throw gatewayConflict({ ip: gatewayIp, pool: conflict.pool });
  return parsed.map((pool) => pool.text);
}

/** Routes and name servers in canonical form. @throws when there are too many, or one is of the other family. */
export function checkHostRoutes(
  routes: readonly HostRoute[],
  subnet: { id: string; ipVersion: number },
  config: NeutronConfig,
): HostRoute[] {
  if (routes.length > config.maxSubnetHostRoutes)
    throw hostRoutesExhausted({ id: subnet.id, limit: config.maxSubnetHostRoutes });
  return routes.map(({ destination, nexthop }) => {
    const [prefix, hop] = [parsePrefix(destination), parseIp(nexthop)];
    if (!prefix || !hop || prefix.version !== subnet.ipVersion || hop.version !== subnet.ipVersion) {
      throw invalidInput({
        reason: `Invalid routes: '${destination}' via '${nexthop}' is not of IPv${subnet.ipVersion}`,
      });
    }
    return { destination: prefix.text, nexthop: ipText(hop) };
  });
}

export function checkNameservers(
  servers: readonly string[],
  subnet: { id: string; ipVersion: number },
  config: NeutronConfig,
): string[] {
  if (servers.length > config.maxDnsNameservers)
    throw dnsNameserversExhausted({ id: subnet.id, limit: config.maxDnsNameservers });
  if (new Set(servers).size < servers.length)
    throw invalidInput({ reason: 'dns_nameservers contains duplicate items' });
  return servers.map((server) => {
    const address = parseIp(server);
    if (!address || address.version !== subnet.ipVersion) {
      throw invalidInput({ reason: `'${server}' is not an IPv${subnet.ipVersion} name server` });
    }
    return ipText(address);
  });
}

/** How hosts get IPv6 addresses. @throws invalidInput for modes that do not go together. */
export function checkIpv6Modes(
  subnet: Pick<Subnet, 'ipVersion' | 'enableDhcp' | 'ipv6AddressMode' | 'ipv6RaMode'>,
  prefix: Prefix,
): void {
  const { ipv6AddressMode: address, ipv6RaMode: ra } = subnet;
  if (address === null && ra === null) return;
  if (subnet.ipVersion === 4)
    throw invalidInput({ reason: 'ipv6_ra_mode and ipv6_address_mode are not valid for an IPv4 subnet' });
  if (!subnet.enableDhcp)
    throw invalidInput({ reason: 'ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is false' });
  if (address !== null && ra !== null && address !== ra) {
    throw invalidInput({
      reason: `ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${address}' is not valid`,
    });
  }
  const isAutomatic = [address, ra].some((mode) => mode === 'slaac' || mode === 'dhcpv6-stateless');
  if (isAutomatic && prefix.length !== 64) {
    throw invalidInput({
      reason: `Invalid CIDR ${prefix.text} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64`,
    });
  }
}
