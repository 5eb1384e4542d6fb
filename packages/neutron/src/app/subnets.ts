import { randomUUID } from 'node:crypto';
import { portOfAddress } from '../db/ip-allocations.ts';
import type { HostRoute, Network, Pool, Subnet } from '../db/records.ts';
import type { Query, Tx, UntypedSelect } from '../db/table.ts';
import { networks, portRows, subnets } from '../db/tables.ts';
import { tagsOf } from '../db/tags.ts';
import { gatewayIpInUse, invalidInput, networkNotFound, subnetInUse, subnetNotFound } from '../errors.ts';
import { overlaps, type Prefix, parsePrefix } from '../net/ip-address.ts';
import type { Caller, Target } from './caller.ts';
import type { NeutronDeps } from './deps.ts';
import type { DhcpPorts } from './dhcp-ports.ts';
import { isAutoAddressed } from './ipam.ts';
import { pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import { isVisible } from './networks.ts';
import { ownerOf } from './owner.ts';
import { removePortRows } from './port-removal.ts';
import { checkRevision } from './revisions.ts';
import {
  checkHostRoutes,
  checkIpv6Modes,
  checkNameservers,
  checkPools,
  defaultPools,
  gatewayOf,
  subnetPrefix,
} from './subnet-rules.ts';

export interface SubnetView extends Subnet {
  tags: string[];
}

export interface SubnetChanges {
  name?: string;
  description?: string;
  gatewayIp?: string | null;
  enableDhcp?: boolean;
  allocationPools?: Pool[] | null;
  dnsNameservers?: string[] | null;
  hostRoutes?: HostRoute[] | null;
  serviceTypes?: string[];
}

export interface NewSubnet extends SubnetChanges {
  projectId?: string;
  tenantId?: string;
  networkId: string;
  ipVersion: number;
  cidr: string;
  ipv6AddressMode?: string | null;
  ipv6RaMode?: string | null;
}

const networkIs = (column: 'shared' | 'is_external') => ({
  where: (query: UntypedSelect, values: readonly string[]) => {
    const wanted = values.some((value) => /^(?:true|1)$/i.test(value)) ? 1 : 0;
    return query.where('network_id', 'in', (eb: { selectFrom: (t: string) => UntypedSelect }) =>
      eb.selectFrom('networks').select('id').where(column, '=', wanted),
    );
  },
});

const FILTERS = {
  network_id: { column: 'network_id', kind: 'text' },
  ip_version: { column: 'ip_version', kind: 'int' },
  cidr: { column: 'cidr', kind: 'text' },
  gateway_ip: { column: 'gateway_ip', kind: 'text' },
  enable_dhcp: { column: 'enable_dhcp', kind: 'bool' },
  ipv6_address_mode: { column: 'ipv6_address_mode', kind: 'text' },
  ipv6_ra_mode: { column: 'ipv6_ra_mode', kind: 'text' },
  shared: networkIs('shared'),
  'router:external': networkIs('is_external'),
  subnetpool_id: { where: (query: UntypedSelect) => query.where('id', '=', '') },
} as const;

/** Ports that a subnet's removal takes their address from, and that go when it was their last. */
const AUTO_DELETED = ['network:dhcp', 'network:distributed'];

export function subnetTarget(subnet: Pick<Subnet, 'projectId'>, network: Network): Target {
  return {
    project_id: subnet.projectId,
    tenant_id: subnet.projectId,
    'network:project_id': network.projectId,
    shared: network.shared,
    'router:external': network.isExternal,
  };
}

export class Subnets {
  readonly #deps: NeutronDeps;
  readonly #dhcp: DhcpPorts;

  constructor(deps: NeutronDeps, dhcp: DhcpPorts) {
    this.#deps = deps;
    this.#dhcp = dhcp;
  }

  async list(caller: Caller, request: ListRequest): Promise<ListPage<SubnetView>> {
    const { q } = this.#deps.db;
    const visible = (query: UntypedSelect) =>
      query.where((eb) =>
        eb.or([
          eb('project_id', '=', caller.projectId),
          eb('network_id', 'in', (inner: { selectFrom: (t: string) => UntypedSelect }) =>
            inner
              .selectFrom('networks')
              .select('id')
              .where((or) => or.or([or('shared', '=', 1), or('project_id', '=', caller.projectId)])),
          ),
        ]),
      );
    const page = await subnets.page(q, pageRequestOf(request, FILTERS, caller.seesAll ? undefined : visible));
    return { rows: await view(q, page.rows), hasMore: page.hasMore };
  }

  async show(caller: Caller, id: string): Promise<SubnetView> {
    const { subnet, network } = await this.#load(caller, id);
    caller.authorize(subnetTarget(subnet, network), subnetNotFound({ id }));
    return (await view(this.#deps.db.q, [subnet]))[0] as SubnetView;
  }

  async create(caller: Caller, wanted: readonly NewSubnet[], bodies: readonly object[]): Promise<SubnetView[]> {
    caller.authorizeOwn();
    const { db, quota } = this.#deps;
    const made: Omit<Subnet, 'createdAt' | 'updatedAt' | 'revisionNumber'>[] = [];
    for (const [at, one] of wanted.entries()) {
      const network = await networks.find(db.q, one.networkId);
      if (!network || !isVisible(caller, network)) throw networkNotFound({ id: one.networkId });
      const projectId = ownerOf(caller, one);
      caller.authorize(subnetTarget({ projectId }, network));
      caller.authorizeAttributes(
        'create_subnet',
        bodies[at] as Record<string, unknown>,
        subnetTarget({ projectId }, network),
      );
      made.push(this.#newSubnet(one, projectId));
    }
    return db.transaction(async (tx) => {
      for (const subnet of made) {
        // Locked, so that two subnets that overlap cannot both be made at once.
        if (!(await networks.lock(tx, subnet.networkId, db))) throw networkNotFound({ id: subnet.networkId });
        await quota.charge(tx, subnet.projectId, { subnet: 1 });
        await refuseOverlap(tx, subnet);
        await subnets.insert(tx, subnet);
      }
      for (const networkId of new Set(made.map((subnet) => subnet.networkId))) await this.#dhcp.ensure(tx, networkId);
      return view(
        tx,
        await subnets.findMany(
          tx,
          made.map((subnet) => subnet.id),
        ),
      );
    });
  }

  async update(
    caller: Caller,
    id: string,
    changes: SubnetChanges,
    options: { body: object; ifMatch?: string },
  ): Promise<SubnetView> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(subnetTarget(seen.subnet, seen.network));
    caller.authorizeAttributes(
      'update_subnet',
      options.body as Record<string, unknown>,
      subnetTarget(seen.subnet, seen.network),
    );
    const { db, agents } = this.#deps;
    return db.transaction(async (tx) => {
      const subnet = await subnets.lock(tx, id, db);
      if (!subnet) throw subnetNotFound({ id });
      checkRevision(options.ifMatch, subnet.revisionNumber);
      await subnets.update(tx, id, await this.#changed(tx, subnet, changes));
      await this.#dhcp.ensure(tx, subnet.networkId);
      agents.routersChanged(tx, await routersOn(tx, subnet.networkId));
      return (await view(tx, [(await subnets.find(tx, id)) as Subnet]))[0] as SubnetView;
    });
  }

  async delete(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(subnetTarget(seen.subnet, seen.network));
    const { db, quota, agents } = this.#deps;
    await db.transaction(async (tx) => {
      const subnet = await subnets.lock(tx, id, db);
      if (!subnet) throw subnetNotFound({ id });
      checkRevision(ifMatch, subnet.revisionNumber);
      const ports = await portRows.findMany(tx, await portIdsOn(tx, id));
      const others = ports.filter((port) => !AUTO_DELETED.includes(port.deviceOwner));
      if (
        others.length > 0 &&
        !(isAutoAddressed(subnet) && others.every((port) => !port.deviceOwner.startsWith('network:')))
      ) {
        const reason = 'One or more ports have an IP allocation from this subnet';
        throw subnetInUse({ id, reason });
      }
      await tx.deleteFrom('ip_allocations').where('subnet_id', '=', id).execute();
      await subnets.remove(tx, id);
      await quota.refund(tx, subnet.projectId, { subnet: 1 });
      const bare = [];
      for (const port of ports) {
        const left = await tx
          .selectFrom('ip_allocations')
          .select('port_id')
          .where('port_id', '=', port.id)
          .executeTakeFirst();
        if (!left && AUTO_DELETED.includes(port.deviceOwner)) bare.push(port);
      }
      await removePortRows(tx, this.#deps, bare);
      agents.portsChanged(tx, bare);
      agents.dhcpChanged(tx, [seen.network.id]);
    });
    this.#deps.ipam.forget(id);
  }

  async #load(caller: Caller, id: string): Promise<{ subnet: Subnet; network: Network }> {
    const { q } = this.#deps.db;
    const subnet = await subnets.find(q, id);
    const network = subnet && (await networks.find(q, subnet.networkId));
    if (!subnet || !network) throw subnetNotFound({ id });
    if (!isSubnetVisible(caller, subnet, network)) throw subnetNotFound({ id });
    return { subnet, network };
  }

  #newSubnet(wanted: NewSubnet, projectId: string): Omit<Subnet, 'createdAt' | 'updatedAt' | 'revisionNumber'> {
    const { config } = this.#deps;
    const ipVersion = Number(wanted.ipVersion);
    if (ipVersion !== 4 && ipVersion !== 6)
      throw invalidInput({ reason: `ip_version ${wanted.ipVersion} is not 4 or 6` });
    const id = randomUUID();
    const prefix = subnetPrefix(wanted.cidr, ipVersion);
    const gatewayIp = gatewayOf(prefix, wanted.gatewayIp);
    const pools = wanted.allocationPools?.length
      ? checkPools(prefix, wanted.allocationPools, gatewayIp)
      : defaultPools(prefix, gatewayIp);
    const subnet = {
      id,
      projectId,
      networkId: wanted.networkId,
      name: wanted.name ?? '',
      description: wanted.description ?? '',
      ipVersion: ipVersion as 4 | 6,
      cidr: prefix.text,
      gatewayIp,
      enableDhcp: wanted.enableDhcp ?? true,
      allocationPools: pools,
      dnsNameservers: checkNameservers(wanted.dnsNameservers ?? [], { id, ipVersion }, config),
      hostRoutes: checkHostRoutes(wanted.hostRoutes ?? [], { id, ipVersion }, config),
      ipv6AddressMode: wanted.ipv6AddressMode ?? null,
      ipv6RaMode: wanted.ipv6RaMode ?? null,
      serviceTypes: wanted.serviceTypes ?? [],
    };
    checkIpv6Modes(subnet, prefix);
    return subnet;
  }

  async #changed(tx: Tx, subnet: Subnet, changes: SubnetChanges): Promise<Partial<Subnet>> {
    const { config } = this.#deps;
    const prefix = parsePrefix(subnet.cidr) as Prefix;
    const { name, description, enableDhcp, serviceTypes } = changes;
    const changed: Partial<Subnet> = { name, description, enableDhcp, serviceTypes };
    const gatewayIp = changes.gatewayIp === undefined ? subnet.gatewayIp : gatewayOf(prefix, changes.gatewayIp);
    if (gatewayIp !== subnet.gatewayIp) {
      await refuseUsedGateway(tx, subnet);
      changed.gatewayIp = gatewayIp;
    }
    if (changes.allocationPools !== undefined || gatewayIp !== subnet.gatewayIp) {
      changed.allocationPools = checkPools(prefix, changes.allocationPools ?? subnet.allocationPools, gatewayIp);
      this.#deps.ipam.forget(subnet.id);
    }
    if (changes.dnsNameservers !== undefined)
      changed.dnsNameservers = checkNameservers(changes.dnsNameservers ?? [], subnet, config);
    if (changes.hostRoutes !== undefined)
      changed.hostRoutes = checkHostRoutes(changes.hostRoutes ?? [], subnet, config);
    checkIpv6Modes({ ...subnet, enableDhcp: enableDhcp ?? subnet.enableDhcp }, prefix);
    return changed;
  }
}

/** Not for its network being external: members have addresses there without knowing its subnets. */
export function isSubnetVisible(caller: Caller, subnet: Pick<Subnet, 'projectId'>, network: Network): boolean {
  const isTheirs = [subnet.projectId, network.projectId].includes(caller.projectId);
  return caller.seesAll || isTheirs || network.shared;
}

async function view(q: Query, rows: readonly Subnet[]): Promise<SubnetView[]> {
  const tags = await tagsOf(
    q,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({ ...row, tags: tags.get(row.id) ?? [] }));
}

async function portIdsOn(q: Query, subnetId: string): Promise<string[]> {
  const rows = await q
    .selectFrom('ip_allocations')
    .select('port_id')
    .distinct()
    .where('subnet_id', '=', subnetId)
    .execute();
  return rows.map((row) => row.port_id);
}

/** Routers with an interface or gateway on the network. */
export async function routersOn(q: Query, networkId: string): Promise<string[]> {
  const ports = await portRows.where(q, 'networkId', [networkId]);
  const owners = ['network:router_interface', 'network:router_gateway'];
  return [...new Set(ports.filter((port) => owners.includes(port.deviceOwner)).map((port) => port.deviceId))];
}

async function refuseOverlap(tx: Tx, subnet: Pick<Subnet, 'cidr' | 'networkId'>): Promise<void> {
  const prefix = parsePrefix(subnet.cidr) as Prefix;
  for (const other of await subnets.where(tx, 'networkId', [subnet.networkId])) {
    if (!overlaps(prefix, parsePrefix(other.cidr) as Prefix)) continue;
    const reason = `Requested subnet with cidr: ${subnet.cidr} for network: ${subnet.networkId} overlaps with another subnet`;
    throw invalidInput({ reason });
  }
}

async function refuseUsedGateway(tx: Tx, subnet: Subnet): Promise<void> {
  if (subnet.gatewayIp === null) return;
  const portId = await portOfAddress(tx, subnet.id, subnet.gatewayIp);
  const port = portId && (await portRows.find(tx, portId));
  if (port && port.deviceOwner === 'network:router_interface') throw gatewayIpInUse({ ip: subnet.gatewayIp, portId });
}
