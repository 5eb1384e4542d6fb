import { portOfAddress } from '../db/ip-allocations.ts';
import { findPort } from '../db/ports.ts';
import type { Port, Router, Subnet } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { floatingIps, networks, portRows, routers, subnets } from '../db/tables.ts';
import {
  badRequestOf,
  ipAddressAlreadyAllocated,
  portInUse,
  portNotFound,
  routerInterfaceInUse,
  routerInterfaceInUseByRoute,
  routerInterfaceNotFound,
  routerInterfaceNotFoundForSubnet,
  routerNotFound,
  subnetNotFound,
} from '../errors.ts';
import { contains, type IpNumber, overlaps, type Prefix, parseIp, parsePrefix } from '../net/ip-address.ts';
import type { Caller } from './caller.ts';
import type { NeutronDeps } from './deps.ts';
import { insertPort } from './port-insertion.ts';
import { removePortRows } from './port-removal.ts';
import { interfacePorts } from './router-gateway.ts';
import type { Routers } from './routers.ts';
import { isSubnetVisible } from './subnets.ts';

export interface RouterInterface {
  router: Router;
  portId: string;
  networkId: string;
  subnetIds: string[];
  tags: string[];
}

type Wanted = { subnetId?: string; portId?: string };

const OWNER = 'network:router_interface';
const badRouter = (reason: string) => badRequestOf({ resource: 'router', reason });

/** Interfaces of routers in tenants' networks. */
export class RouterInterfaces {
  readonly #deps: NeutronDeps;
  readonly #routers: Routers;

  constructor(deps: NeutronDeps, all: Routers) {
    this.#deps = deps;
    this.#routers = all;
  }

  async add(caller: Caller, routerId: string, wanted: Wanted): Promise<RouterInterface> {
    await this.#routers.loadForChange(caller, routerId);
    if (wanted.subnetId !== undefined && wanted.portId !== undefined)
      throw badRouter('Cannot specify both subnet-id and port-id');
    const { db, agents } = this.#deps;
    const { router, port } = await db.transaction(async (tx) => {
      const locked = await routers.lock(tx, routerId, db);
      if (!locked) throw routerNotFound({ id: routerId });
      const found =
        wanted.portId === undefined
          ? await this.#bySubnet(tx, caller, locked, wanted.subnetId as string)
          : await this.#byPort(tx, caller, locked, wanted.portId);
      agents.routersChanged(tx, [routerId]);
      agents.portsChanged(tx, [found]);
      // The network is no longer isolated: its DHCP server stops answering for metadata.
      agents.dhcpChanged(tx, [found.networkId]);
      return { router: locked, port: found };
    });
    return {
      router,
      portId: port.id,
      networkId: port.networkId,
      subnetIds: port.fixedIps.map((ip) => ip.subnetId),
      tags: [],
    };
  }

  async remove(caller: Caller, routerId: string, wanted: Wanted): Promise<RouterInterface> {
    await this.#routers.loadForChange(caller, routerId);
    const { db, agents } = this.#deps;
    const { router, port } = await db.transaction(async (tx) => {
      const locked = await routers.lock(tx, routerId, db);
      if (!locked) throw routerNotFound({ id: routerId });
      const found = await findInterface(tx, routerId, wanted);
      for (const { subnetId } of found.fixedIps) await refuseUsed(tx, locked, subnetId);
      await removePortRows(tx, this.#deps, [found]);
      agents.routersChanged(tx, [routerId]);
      agents.portsChanged(tx, [found]);
      agents.dhcpChanged(tx, [found.networkId]);
      return { router: locked, port: found };
    });
    const subnetIds = wanted.subnetId === undefined ? port.fixedIps.map((ip) => ip.subnetId) : [wanted.subnetId];
    return { router, portId: port.id, networkId: port.networkId, subnetIds, tags: [] };
  }

  async #bySubnet(tx: Tx, caller: Caller, router: Router, subnetId: string): Promise<Port> {
    const subnet = await subnets.find(tx, subnetId);
    const network = subnet && (await networks.find(tx, subnet.networkId));
    if (!subnet || !network || !isSubnetVisible(caller, subnet, network)) throw subnetNotFound({ id: subnetId });
    if (subnet.gatewayIp === null) throw badRouter('Subnet for router interface must have a gateway IP');
    await refuseOverlap(tx, router, [subnet]);
    if (await portOfAddress(tx, subnet.id, subnet.gatewayIp)) {
      throw ipAddressAlreadyAllocated({ ip: subnet.gatewayIp, subnetId: subnet.id });
    }
    await this.#deps.quota.charge(tx, router.projectId, { port: 1 });
    const port = await insertPort(tx, {
      projectId: router.projectId,
      networkId: network.id,
      deviceId: router.id,
      deviceOwner: OWNER,
      hostId: router.host ?? '',
      portSecurityEnabled: false,
    });
    await this.#deps.ipam.allocate(tx, {
      networkId: network.id,
      portId: port.id,
      mac: port.macAddress,
      deviceOwner: OWNER,
      wishes: [{ subnetId: subnet.id, ipAddress: subnet.gatewayIp }],
      subnets: [subnet],
    });
    return (await findPort(tx, port.id)) as Port;
  }

  async #byPort(tx: Tx, caller: Caller, router: Router, portId: string): Promise<Port> {
    const { db } = this.#deps;
    const port = (await portRows.lock(tx, portId, db)) && (await findPort(tx, portId));
    if (!port || (!caller.seesAll && port.projectId !== caller.projectId)) throw portNotFound({ id: portId });
    if (port.deviceId !== '') throw portInUse({ id: portId, networkId: port.networkId, deviceId: port.deviceId });
    if (port.fixedIps.length === 0) throw badRouter(`Router port ${portId} must have at least one fixed IP`);
    const inside = await subnets.findMany(
      tx,
      port.fixedIps.map((ip) => ip.subnetId),
    );
    if (inside.filter((subnet) => subnet.ipVersion === 4).length > 1) {
      throw badRouter('Cannot have multiple IPv4 subnets on router port');
    }
    await refuseOverlap(tx, router, inside);
    await tx.deleteFrom('port_security_groups').where('port_id', '=', portId).execute();
    await portRows.update(tx, portId, {
      deviceId: router.id,
      deviceOwner: OWNER,
      hostId: router.host ?? '',
      vifType: router.host === null ? 'unbound' : 'bridge',
      portSecurityEnabled: false,
      allowedAddressPairs: [],
    });
    return (await findPort(tx, portId)) as Port;
  }
}

async function refuseOverlap(tx: Tx, router: Router, wanted: readonly Subnet[]): Promise<void> {
  const connected = (await interfacePorts(tx, router.id)).flatMap((port) => port.fixedIps.map((ip) => ip.subnetId));
  const others = await subnets.findMany(tx, [...new Set(connected)]);
  if (router.gatewayNetworkId !== null)
    others.push(...(await subnets.where(tx, 'networkId', [router.gatewayNetworkId])));
  for (const subnet of wanted) {
    for (const other of others) {
      if (other.id === subnet.id) throw badRouter(`Router already has a port on subnet ${subnet.id}`);
      if (!overlaps(parsePrefix(other.cidr) as Prefix, parsePrefix(subnet.cidr) as Prefix)) continue;
      throw badRouter(
        `Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${other.cidr} of subnet ${other.id}`,
      );
    }
  }
}

async function findInterface(tx: Tx, routerId: string, { subnetId, portId }: Wanted): Promise<Port> {
  const ports = await interfacePorts(tx, routerId);
  const found = ports.find(
    (port) =>
      (portId === undefined || port.id === portId) &&
      (subnetId === undefined || port.fixedIps.some((ip) => ip.subnetId === subnetId)),
  );
  if (found) return found;
  if (portId !== undefined) throw routerInterfaceNotFound({ id: routerId, portId });
  throw routerInterfaceNotFoundForSubnet({ id: routerId, subnetId });
}

/** @throws when floating IPs or routes of the router need the interface in this subnet. */
async function refuseUsed(tx: Tx, router: Router, subnetId: string): Promise<void> {
  const subnet = await subnets.find(tx, subnetId);
  const prefix = parsePrefix(subnet?.cidr ?? '');
  if (!prefix) return;
  const inside = (ip: string | null) => ip !== null && contains(prefix, parseIp(ip) as IpNumber);
  const held = await floatingIps.where(tx, 'routerId', [router.id]);
  if (held.some((one) => inside(one.fixedIpAddress))) throw routerInterfaceInUse({ id: router.id, subnetId });
  if (router.routes.some((route) => inside(route.nexthop)))
    throw routerInterfaceInUseByRoute({ id: router.id, subnetId });
}
