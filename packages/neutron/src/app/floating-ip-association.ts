import { canonicalIp } from '@kumo/core/schema';
import { findPort } from '../db/ports.ts';
import type { Port } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { floatingIps, portRows, routers } from '../db/tables.ts';
import { badRequestOf, externalGatewayNotFound, floatingIpPortAssociated, portNotFound } from '../errors.ts';
import type { Caller } from './caller.ts';

export interface Association {
  portId: string;
  fixedIpAddress: string;
  routerId: string;
}

interface Wanted {
  floatingIpId: string;
  floatingIpAddress: string;
  floatingNetworkId: string;
  portId: string;
  fixedIpAddress?: string | null;
}

const badFloating = (reason: string) => badRequestOf({ resource: 'floatingip', reason });

/** Which address behind which router a floating IP shall stand for. @throws what makes that impossible. */
export async function associationOf(tx: Tx, caller: Caller, wanted: Wanted): Promise<Association> {
  const port = await findPort(tx, wanted.portId);
  if (!port || (!caller.seesAll && port.projectId !== caller.projectId)) throw portNotFound({ id: wanted.portId });
  const fixedIp = fixedIpOf(port, wanted.fixedIpAddress);
  const routerId = await routerFor(tx, fixedIp.subnetId, wanted.floatingNetworkId);
  if (routerId === undefined) {
    const { floatingNetworkId: networkId } = wanted;
    throw externalGatewayNotFound({ networkId, subnetId: fixedIp.subnetId, portId: port.id });
  }
  const others = (await floatingIps.where(tx, 'portId', [port.id])).filter((one) => one.id !== wanted.floatingIpId);
  if (others.some((one) => one.fixedIpAddress === fixedIp.ipAddress)) {
    throw floatingIpPortAssociated({
      ip: wanted.floatingIpAddress,
      id: wanted.floatingIpId,
      portId: port.id,
      fixedIp: fixedIp.ipAddress,
      networkId: wanted.floatingNetworkId,
    });
  }
  return { portId: port.id, fixedIpAddress: fixedIp.ipAddress, routerId };
}

function fixedIpOf(port: Port, wanted: string | null | undefined) {
  const v4 = port.fixedIps.filter((ip) => !ip.ipAddress.includes(':'));
  if (wanted) {
    const found = v4.find((ip) => ip.ipAddress === canonicalIp(wanted));
    if (found) return found;
    throw badFloating(`Port ${port.id} does not have fixed ip ${wanted}`);
  }
  const [only, ...more] = v4;
  if (!only) throw badFloating(`Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`);
  if (more.length > 0) {
    throw badFloating(
      `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    );
  }
  return only;
}

/** The router with an interface in the subnet and its gateway on the external network. */
async function routerFor(tx: Tx, subnetId: string, externalNetworkId: string): Promise<string | undefined> {
  const rows = await tx.selectFrom('ip_allocations').select('port_id').where('subnet_id', '=', subnetId).execute();
  const ports = await portRows.findMany(tx, [...new Set(rows.map((row) => row.port_id))]);
  const routerIds = ports
    .filter((port) => port.deviceOwner === 'network:router_interface')
    .map((port) => port.deviceId);
  const candidates = await routers.findMany(tx, [...new Set(routerIds)]);
  return candidates.find((router) => router.gatewayNetworkId === externalNetworkId)?.id;
}
