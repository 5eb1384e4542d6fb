import type { AddressPair, DhcpOption, Network, Port } from '../db/records.ts';
import type { Query } from '../db/table.ts';
import { routers, securityGroups } from '../db/tables.ts';
import {
  deviceIdNotOwned,
  invalidInput,
  pairsNeedPortSecurity,
  portSecurityRequired,
  securityGroupNotFound,
} from '../errors.ts';
import { ipText, parseIp, parsePrefix } from '../net/ip-address.ts';
import type { Caller } from './caller.ts';
import type { FixedIpWish } from './ipam.ts';

export interface PortChanges {
  name?: string;
  description?: string;
  adminStateUp?: boolean;
  fixedIps?: FixedIpWish[] | null;
  macAddress?: string;
  deviceId?: string;
  deviceOwner?: string;
  securityGroups?: string[] | null;
  portSecurityEnabled?: boolean;
  allowedAddressPairs?: { ipAddress: string; macAddress?: string }[] | null;
  extraDhcpOpts?: { optName: string; optValue: string | null; ipVersion?: number | string }[] | null;
  dnsName?: string;
  hostId?: string | null;
  vnicType?: string;
  bindingProfile?: Record<string, unknown> | null;
}

export interface NewPort extends PortChanges {
  projectId?: string;
  tenantId?: string;
  networkId: string;
}

/** @throws invalidInput for more addresses than a port may have, the same twice, or an entry that says nothing. */
export function checkFixedIps(wishes: readonly FixedIpWish[], most: number): FixedIpWish[] {
  if (wishes.length > most) throw invalidInput({ reason: `Exceeded maximum amount of fixed ips per port: ${most}` });
  const canonical = wishes.map(({ subnetId, ipAddress }) => {
    if (subnetId === undefined && ipAddress === undefined)
      throw invalidInput({ reason: 'IP allocation requires subnet_id or ip_address' });
    const address = ipAddress === undefined ? undefined : parseIp(ipAddress);
    return { subnetId, ipAddress: address ? ipText(address) : ipAddress };
  });
  const given = canonical.filter((wish) => wish.ipAddress !== undefined).map((wish) => wish.ipAddress);
  if (new Set(given).size < given.length) throw invalidInput({ reason: 'Duplicate IP addresses in fixed_ips' });
  return canonical;
}

/** Pairs with the port's own MAC where none is given, in canonical form. */
export function checkPairs(pairs: NonNullable<PortChanges['allowedAddressPairs']>, mac: string): AddressPair[] {
  const canonical = pairs.map(({ ipAddress, macAddress }) => {
    const address = parseIp(ipAddress);
    const prefix = parsePrefix(ipAddress);
    if (!prefix) throw invalidInput({ reason: `'${ipAddress}' is not a valid IP address or prefix` });
    return { ipAddress: address ? ipText(address) : prefix.text, macAddress: (macAddress ?? mac).toLowerCase() };
  });
  const keys = canonical.map((pair) => `${pair.ipAddress}|${pair.macAddress}`);
  if (new Set(keys).size < keys.length) throw invalidInput({ reason: 'Request contains duplicate address pair' });
  return canonical;
}

/** The port's options after a change: a value of null takes one out. */
export function mergedOptions(
  current: readonly DhcpOption[],
  given: NonNullable<PortChanges['extraDhcpOpts']>,
): DhcpOption[] {
  const options = new Map(current.map((option) => [`${option.optName}/${option.ipVersion}`, option]));
  for (const { optName, optValue, ipVersion } of given) {
    const version = Number(ipVersion ?? 4);
    if (version !== 4 && version !== 6)
      throw invalidInput({ reason: `ip_version ${ipVersion} of option ${optName} is not 4 or 6` });
    if (optValue === null) options.delete(`${optName}/${version}`);
    else options.set(`${optName}/${version}`, { optName, optValue, ipVersion: version });
  }
  return [...options.values()];
}

/** @throws what port security, groups and pairs of one port forbid each other. */
export function checkPortSecurity(
  port: Pick<Port, 'portSecurityEnabled' | 'securityGroups' | 'allowedAddressPairs'>,
): void {
  if (port.portSecurityEnabled) return;
  if (port.securityGroups.length > 0) throw portSecurityRequired();
  if (port.allowedAddressPairs.length > 0) throw pairsNeedPortSecurity();
}

/** @throws securityGroupNotFound for a group that is not the caller's or the port's project's. */
export async function checkGroups(
  q: Query,
  caller: Caller,
  ids: readonly string[],
  projectId: string,
): Promise<string[]> {
  const wanted = [...new Set(ids)];
  const found = await securityGroups.findMany(q, wanted);
  const usable = new Set(
    found
      .filter((group) => caller.seesAll || group.projectId === caller.projectId || group.projectId === projectId)
      .map((group) => group.id),
  );
  const missing = wanted.find((id) => !usable.has(id));
  if (missing !== undefined) throw securityGroupNotFound({ id: missing });
  return wanted;
}

/** @throws deviceIdNotOwned for the router of another project: agents would plug the port into it. */
export async function checkDevice(q: Query, caller: Caller, deviceId: string | undefined): Promise<void> {
  if (!deviceId || caller.seesAll) return;
  const router = await routers.find(q, deviceId);
  if (router && router.projectId !== caller.projectId) throw deviceIdNotOwned({ deviceId });
}

export function portTarget(
  port: { projectId: string; deviceOwner?: string },
  network: Network,
): Record<string, unknown> {
  return {
    project_id: port.projectId,
    tenant_id: port.projectId,
    device_owner: port.deviceOwner ?? '',
    'network:project_id': network.projectId,
    shared: network.shared,
  };
}

export function isInstance(port: Pick<Port, 'deviceOwner'>): boolean {
  return port.deviceOwner.startsWith('compute:');
}
