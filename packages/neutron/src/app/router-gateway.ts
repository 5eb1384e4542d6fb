import { portsWhere } from '../db/ports.ts';
import type { FixedIp, Port, Router } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { floatingIps, networks, routers, subnets } from '../db/tables.ts';
import { badRequestOf, gatewayInUseByFloatingIp, networkNotFound } from '../errors.ts';
import { overlaps, type Prefix, parsePrefix } from '../net/ip-address.ts';
import type { NeutronDeps } from './deps.ts';
import type { FixedIpWish } from './ipam.ts';
import { insertPort } from './port-insertion.ts';
import { removePortRows } from './port-removal.ts';

export interface WantedGateway {
  networkId?: string;
  enableSnat?: boolean;
  externalFixedIps?: FixedIpWish[];
}

/** Gives a router its gateway, changes it, or takes it (null, or no network). In the caller's transaction, router locked. */
export async function setGateway(
  tx: Tx,
  deps: NeutronDeps,
  router: Router,
  wanted: WantedGateway | null,
): Promise<void> {
  const networkId = wanted?.networkId;
  if (wanted === null || networkId === undefined) {
    await dropGateway(tx, deps, router);
    await routers.update(tx, router.id, { gatewayNetworkId: null, gatewayPortId: null, enableSnat: true });
    return;
  }
  const enableSnat = wanted.enableSnat ?? (router.gatewayNetworkId === networkId ? router.enableSnat : true);
  if (router.gatewayNetworkId === networkId && wanted.externalFixedIps === undefined) {
    await routers.update(tx, router.id, { enableSnat });
    return;
  }
  await checkExternal(tx, router, networkId);
  await dropGateway(tx, deps, router, networkId);
  const portId = await insertGatewayPort(tx, deps, router, { networkId, wishes: wanted.externalFixedIps });
  await routers.update(tx, router.id, { gatewayNetworkId: networkId, gatewayPortId: portId, enableSnat });
}

async function checkExternal(tx: Tx, router: Router, networkId: string): Promise<void> {
  const network = await networks.find(tx, networkId);
  if (!network) throw networkNotFound({ id: networkId });
  if (!network.isExternal) {
    throw badRequestOf({ resource: 'router', reason: `Network ${networkId} is not an external network` });
  }
  const outside = await subnets.where(tx, 'networkId', [networkId]);
  for (const ip of await interfaceAddresses(tx, router.id)) {
    const subnet = await subnets.find(tx, ip.subnetId);
    if (!subnet) continue;
    const clash = outside.find((one) => overlaps(parsePrefix(one.cidr) as Prefix, parsePrefix(subnet.cidr) as Prefix));
    if (!clash) continue;
    const reason = `Cidr ${clash.cidr} of subnet ${clash.id} overlaps with cidr ${subnet.cidr} of subnet ${subnet.id}`;
    throw badRequestOf({ resource: 'router', reason });
  }
}

async function dropGateway(tx: Tx, deps: NeutronDeps, router: Router, next?: string): Promise<void> {
  if (router.gatewayPortId === null) return;
  if (next !== router.gatewayNetworkId) {
    const held = await floatingIps.where(tx, 'routerId', [router.id]);
    if (held.length > 0) throw gatewayInUseByFloatingIp({ id: router.id, networkId: router.gatewayNetworkId });
  }
  const ports = await portsWhere(tx, 'id', [router.gatewayPortId]);
  await tx.updateTable('routers').set({ gateway_port_id: null }).where('id', '=', router.id).execute();
  await removePortRows(tx, deps, ports);
}

async function insertGatewayPort(
  tx: Tx,
  deps: NeutronDeps,
  router: Router,
  want: { networkId: string; wishes?: FixedIpWish[] },
): Promise<string> {
  const deviceOwner = 'network:router_gateway';
  // Of no project: it belongs to the external network's side.
  const port = await insertPort(tx, {
    projectId: '',
    networkId: want.networkId,
    deviceId: router.id,
    deviceOwner,
    hostId: router.host ?? '',
    portSecurityEnabled: false,
  });
  await deps.ipam.allocate(tx, {
    networkId: want.networkId,
    portId: port.id,
    mac: port.macAddress,
    deviceOwner,
    wishes: want.wishes?.length ? want.wishes : undefined,
    subnets: await subnets.where(tx, 'networkId', [want.networkId]),
  });
  return port.id;
}

export async function interfacePorts(tx: Parameters<typeof portsWhere>[0], routerId: string): Promise<Port[]> {
  const ports = await portsWhere(tx, 'deviceId', [routerId]);
  return ports.filter((port) => port.deviceOwner === 'network:router_interface');
}

export async function interfaceAddresses(tx: Parameters<typeof portsWhere>[0], routerId: string): Promise<FixedIp[]> {
  return (await interfacePorts(tx, routerId)).flatMap((port) => port.fixedIps);
}
