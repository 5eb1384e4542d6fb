import { isUniqueViolation, nowIso } from '@kumo/core/db';
import { releaseAddress } from '../db/ip-allocations.ts';
import { findPort, setSecurityGroups } from '../db/ports.ts';
import type { Network, Port, PortRow } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { floatingIps, portRows, subnets } from '../db/tables.ts';
import { macAddressInUse, portBound, portNotFound } from '../errors.ts';
import type { NeutronDeps } from './deps.ts';
import type { FixedIpWish } from './ipam.ts';
import { bind } from './port-binding.ts';
import {
  checkFixedIps,
  checkPairs,
  checkPortSecurity,
  isInstance,
  mergedOptions,
  type PortChanges,
} from './port-rules.ts';
import { checkRevision } from './revisions.ts';

export interface PortUpdateInput {
  id: string;
  network: Network;
  changes: PortChanges;
  /** Checked already. */
  groups: string[] | undefined;
  ifMatch?: string;
}

/** Changes a port, and what depends on its addresses, in one transaction; tells agents and Nova of it. @returns it afterwards. */
export async function updatePortRow(deps: NeutronDeps, input: PortUpdateInput): Promise<Port> {
  const { db } = deps;
  const { id, changes, network } = input;
  try {
    return await db.transaction(async (tx) => {
      if (!(await portRows.lock(tx, id, db))) throw portNotFound({ id });
      const before = (await findPort(tx, id)) as Port;
      checkRevision(input.ifMatch, before.revisionNumber);
      const changed = { ...plainChanges(before, changes), ...(await binding(tx, deps, before, input)) };
      const macAddress = changed.macAddress ?? before.macAddress;
      checkPortSecurity({
        portSecurityEnabled: changed.portSecurityEnabled ?? before.portSecurityEnabled,
        securityGroups: input.groups ?? before.securityGroups,
        allowedAddressPairs: changed.allowedAddressPairs ?? before.allowedAddressPairs,
      });
      if (input.groups !== undefined) await setSecurityGroups(tx, id, input.groups);
      if (changes.fixedIps !== undefined) {
        const deviceOwner = changed.deviceOwner ?? before.deviceOwner;
        await changeAddresses(tx, deps, { ...before, macAddress, deviceOwner }, changes.fixedIps ?? []);
      }
      await portRows.update(tx, id, changed);
      const after = (await findPort(tx, id)) as Port;
      await announce(tx, deps, before, after);
      return after;
    });
  } catch (error) {
    if (changes.macAddress !== undefined && isUniqueViolation(error)) {
      throw macAddressInUse({ networkId: network.id, mac: changes.macAddress }, { cause: error });
    }
    throw error;
  }
}

async function announce(tx: Tx, { agents, nova }: NeutronDeps, before: Port, after: Port): Promise<void> {
  agents.portsChanged(tx, [after], [before.hostId]);
  agents.dhcpChanged(tx, [after.networkId]);
  agents.securityGroupsChanged(tx, [...before.securityGroups, ...after.securityGroups]);
  const routerIds = after.deviceOwner.startsWith('network:router') ? [after.deviceId] : [];
  agents.routersChanged(tx, [...routerIds, ...(await settleFloatingIps(tx, after))]);
  const hasMoved =
    JSON.stringify(before.fixedIps) !== JSON.stringify(after.fixedIps) || before.macAddress !== after.macAddress;
  if (hasMoved && isInstance(after))
    nova.post(tx, [{ name: 'network-changed', serverId: after.deviceId, portId: after.id }]);
}

/** Takes floating IPs off addresses that the port no longer has. @returns the routers of all that it has or had. */
async function settleFloatingIps(tx: Tx, port: Port): Promise<(string | null)[]> {
  const all = await floatingIps.where(tx, 'portId', [port.id]);
  for (const one of all.filter(({ fixedIpAddress }) => !port.fixedIps.some((ip) => ip.ipAddress === fixedIpAddress)))
    await floatingIps.update(tx, one.id, { portId: null, fixedIpAddress: null, routerId: null, status: 'DOWN' });
  return all.map(({ routerId }) => routerId);
}

function plainChanges(before: Port, changes: PortChanges): Partial<PortRow> {
  const { name, description, adminStateUp, deviceId, deviceOwner, portSecurityEnabled, dnsName } = changes;
  const changed: Partial<PortRow> = {
    name,
    description,
    adminStateUp,
    deviceId,
    deviceOwner,
    portSecurityEnabled,
    dnsName,
  };
  const isRenamed = dnsName !== undefined && dnsName.toLowerCase() !== before.dnsName.toLowerCase();
  if (isRenamed) changed.dnsNamedAt = nowIso();
  const mac = changes.macAddress?.toLowerCase();
  if (mac !== undefined && mac !== before.macAddress) {
    if (before.vifType === 'bridge' && before.hostId !== '') {
      throw portBound({ id: before.id, vifType: before.vifType, oldMac: before.macAddress, newMac: mac });
    }
    changed.macAddress = mac;
  }
  if (changes.allowedAddressPairs !== undefined) {
    changed.allowedAddressPairs = checkPairs(changes.allowedAddressPairs ?? [], mac ?? before.macAddress);
  }
  if (changes.extraDhcpOpts !== undefined) {
    changed.extraDhcpOpts = mergedOptions(before.extraDhcpOpts, changes.extraDhcpOpts ?? []);
  }
  return changed;
}

async function binding(tx: Tx, deps: NeutronDeps, before: Port, input: PortUpdateInput): Promise<Partial<PortRow>> {
  const { changes, network } = input;
  const changed: Partial<PortRow> = {};
  if (changes.bindingProfile !== undefined) changed.bindingProfile = changes.bindingProfile ?? {};
  const hostId = changes.hostId === undefined ? before.hostId : (changes.hostId ?? '');
  const vnicType = changes.vnicType ?? before.vnicType;
  if (vnicType !== before.vnicType) changed.vnicType = vnicType;
  const isSame = hostId === before.hostId && vnicType === before.vnicType;
  // A binding that failed is tried again when the same host is asked for again.
  if (isSame && (changes.hostId === undefined || before.vifType !== 'binding_failed')) return changed;
  changed.hostId = hostId;
  changed.vifType = await bind(tx, deps, { hostId, vnicType, network });
  changed.status = 'DOWN';
  return changed;
}

/** Keeps the addresses that are asked for again, releases the others, takes the new ones. */
async function changeAddresses(tx: Tx, deps: NeutronDeps, port: Port, wanted: readonly FixedIpWish[]): Promise<void> {
  const wishes = checkFixedIps(wanted, deps.config.maxFixedIpsPerPort);
  const kept = new Set<number>();
  const missing: FixedIpWish[] = [];
  const exactFirst = wishes.toSorted((a, b) => Number(a.ipAddress === undefined) - Number(b.ipAddress === undefined));
  for (const wish of exactFirst) {
    const at = port.fixedIps.findIndex((ip, index) => !kept.has(index) && satisfies(ip, wish));
    if (at >= 0) kept.add(at);
    else missing.push(wish);
  }
  for (const [at, ip] of port.fixedIps.entries()) if (!kept.has(at)) await releaseAddress(tx, port.id, ip);
  await deps.ipam.allocate(tx, {
    networkId: port.networkId,
    portId: port.id,
    mac: port.macAddress,
    deviceOwner: port.deviceOwner,
    wishes: missing,
    subnets: await subnets.where(tx, 'networkId', [port.networkId]),
  });
}

function satisfies(ip: { subnetId: string; ipAddress: string }, wish: FixedIpWish): boolean {
  if (wish.ipAddress !== undefined && wish.ipAddress !== ip.ipAddress) return false;
  return wish.subnetId === undefined || wish.subnetId === ip.subnetId;
}
