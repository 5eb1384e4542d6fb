import { randomUUID } from 'node:crypto';
import type { FloatingIp, Network } from '../db/records.ts';
import type { NeutronDb, Query, Tx, UntypedSelect } from '../db/table.ts';
import { floatingIps, networks, portRows, subnets } from '../db/tables.ts';
import { tagsOf } from '../db/tags.ts';
import { externalNetworkInUse, invalidInput, invalidSharedSetting, networkInUse, networkNotFound } from '../errors.ts';
import type { Caller, Target } from './caller.ts';
import { ensureDefaultGroup } from './default-security-group.ts';
import type { NeutronDeps } from './deps.ts';
import { removeFloatingIpRows } from './floating-ip-removal.ts';
import { pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import { type TypeDriver, typeDrivers, type WantedSegment } from './network-segments.ts';
import { ownerOf } from './owner.ts';
import { removePortRows } from './port-removal.ts';
import { checkRevision } from './revisions.ts';

export interface NetworkView extends Network {
  subnetIds: string[];
  tags: string[];
}

export interface NetworkChanges {
  name?: string;
  description?: string;
  adminStateUp?: boolean;
  shared?: boolean;
  isExternal?: boolean;
  isDefault?: boolean;
  portSecurityEnabled?: boolean;
  mtu?: number;
  dnsDomain?: string;
}

export interface NewNetwork extends NetworkChanges, WantedSegment {
  projectId?: string;
  tenantId?: string;
  availabilityZoneHints?: string[];
}

/** Ports that go with their network, without being asked. */
const AUTO_DELETED = ['network:dhcp', 'network:distributed'];

const FILTERS = {
  admin_state_up: { column: 'admin_state_up', kind: 'bool' },
  shared: { column: 'shared', kind: 'bool' },
  mtu: { column: 'mtu', kind: 'int' },
  port_security_enabled: { column: 'port_security_enabled', kind: 'bool' },
  'router:external': { column: 'is_external', kind: 'bool' },
  is_default: { column: 'is_default', kind: 'bool' },
  dns_domain: { column: 'dns_domain', kind: 'text' },
  'provider:network_type': { column: 'network_type', kind: 'text' },
  'provider:physical_network': { column: 'physical_network', kind: 'text' },
  'provider:segmentation_id': { column: 'segmentation_id', kind: 'int' },
  // Every network that is there is active.
  status: {
    where: (query: UntypedSelect, values: readonly string[]) =>
      values.includes('ACTIVE') ? query : query.where('id', '=', ''),
  },
} as const;

export function networkTarget(network: Network): Target {
  return {
    project_id: network.projectId,
    tenant_id: network.projectId,
    shared: network.shared,
    'router:external': network.isExternal,
    'network:project_id': network.projectId,
  };
}

export class Networks {
  readonly #deps: NeutronDeps;
  readonly #types: ReturnType<typeof typeDrivers>;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
    this.#types = typeDrivers(deps.config);
  }

  async list(caller: Caller, request: ListRequest): Promise<ListPage<NetworkView>> {
    const visible = (query: UntypedSelect) =>
      query.where((eb) =>
        eb.or([eb('project_id', '=', caller.projectId), eb('shared', '=', 1), eb('is_external', '=', 1)]),
      );
    const { q } = this.#deps.db;
    const page = await networks.page(q, pageRequestOf(request, FILTERS, caller.seesAll ? undefined : visible));
    return { rows: await this.#view(q, page.rows), hasMore: page.hasMore };
  }

  /** @throws networkNotFound for one that the caller may not see. */
  async load(caller: Caller, id: string): Promise<Network> {
    const network = await networks.find(this.#deps.db.q, id);
    if (!network || !isVisible(caller, network)) throw networkNotFound({ id });
    return network;
  }

  async show(caller: Caller, id: string): Promise<NetworkView> {
    const network = await this.load(caller, id);
    caller.authorize(networkTarget(network), networkNotFound({ id }));
    return (await this.#view(this.#deps.db.q, [network]))[0] as NetworkView;
  }

  /** @param bodies what the caller sent, by wire name, for the rules on attributes. */
  async create(caller: Caller, wanted: readonly NewNetwork[], bodies: readonly object[]): Promise<NetworkView[]> {
    const made = wanted.map((one, at) => {
      const projectId = ownerOf(caller, one);
      const target = { project_id: projectId, tenant_id: projectId };
      caller.authorize(target);
      caller.authorizeAttributes('create_network', bodies[at] as Record<string, unknown>, target);
      return { id: randomUUID(), projectId, wanted: one, type: this.#typeOf(one) };
    });
    const { db, quota } = this.#deps;
    return db.transaction(async (tx) => {
      for (const one of made) {
        await ensureDefaultGroup(tx, this.#deps, one.projectId);
        await quota.charge(tx, one.projectId, { network: 1 });
        await this.#insert(tx, one);
      }
      return this.#view(
        tx,
        await networks.findMany(
          tx,
          made.map((one) => one.id),
        ),
      );
    });
  }

  async update(
    caller: Caller,
    id: string,
    changes: NetworkChanges,
    options: { body: object; ifMatch?: string },
  ): Promise<NetworkView> {
    caller.authorizeOwn();
    const seen = await this.load(caller, id);
    caller.authorize(networkTarget(seen));
    caller.authorizeAttributes('update_network', options.body as Record<string, unknown>, networkTarget(seen));
    const { db, agents } = this.#deps;
    return db.transaction(async (tx) => {
      const network = await networks.lock(tx, id, db);
      if (!network) throw networkNotFound({ id });
      checkRevision(options.ifMatch, network.revisionNumber);
      if (changes.mtu !== undefined) this.#checkMtu(changes.mtu, network.networkType);
      if (changes.isExternal === false && network.isExternal) await refuseWithGateways(tx, id);
      if (changes.shared === false && network.shared) await refuseWithForeigners(tx, network);
      await networks.update(tx, id, changes);
      agents.networksChanged(tx, [id]);
      return (await this.#view(tx, [(await networks.find(tx, id)) as Network]))[0] as NetworkView;
    });
  }

  async delete(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    caller.authorizeOwn();
    const seen = await this.load(caller, id);
    caller.authorize(networkTarget(seen));
    const { db, quota, agents } = this.#deps;
    await db.transaction(async (tx) => {
      const network = await networks.lock(tx, id, db);
      if (!network) throw networkNotFound({ id });
      checkRevision(ifMatch, network.revisionNumber);
      await removeFloatingIpRows(tx, this.#deps, await freeFloatingIps(tx, id, db));
      const ports = await portRows.where(tx, 'networkId', [id]);
      const others = ports.filter((port) => !AUTO_DELETED.includes(port.deviceOwner));
      if (others.length > 0) {
        throw networkInUse({
          id,
          ports: others
            .slice(0, 10)
            .map((port) => port.id)
            .join(', '),
        });
      }
      await removePortRows(tx, this.#deps, ports);
      const gone = await subnets.where(tx, 'networkId', [id]);
      for (const subnet of gone) {
        await subnets.remove(tx, subnet.id);
        await quota.refund(tx, subnet.projectId, { subnet: 1 });
      }
      await tx.deleteFrom('segment_allocations').where('network_id', '=', id).execute();
      await networks.remove(tx, id);
      await quota.refund(tx, network.projectId, { network: 1 });
      agents.portsChanged(tx, ports);
      agents.networksChanged(tx, [id]);
    });
  }

  #typeOf(wanted: NewNetwork): string {
    const isProvided = wanted.networkType !== undefined;
    if (!isProvided && (wanted.physicalNetwork || typeof wanted.segmentationId === 'number')) {
      throw invalidInput({ reason: 'provider:network_type required' });
    }
    const type = wanted.networkType ?? this.#deps.config.tenantNetworkType;
    const driver = Object.hasOwn(this.#types, type) ? this.#types[type] : undefined;
    if (!driver) throw invalidInput({ reason: `network_type value '${type}' not supported` });
    driver.check(wanted);
    if (wanted.mtu !== undefined) this.#checkMtu(wanted.mtu, type);
    return type;
  }

  async #insert(tx: Tx, one: { id: string; projectId: string; wanted: NewNetwork; type: string }): Promise<void> {
    const { wanted, type, id, projectId } = one;
    const none = { networkType: type as Network['networkType'], physicalNetwork: null, segmentationId: null };
    await networks.insert(tx, {
      id,
      projectId,
      name: wanted.name ?? '',
      description: wanted.description ?? '',
      adminStateUp: wanted.adminStateUp ?? true,
      shared: wanted.shared ?? false,
      isExternal: wanted.isExternal ?? false,
      isDefault: wanted.isDefault ?? false,
      mtu: wanted.mtu ?? this.#mtuOf(type),
      portSecurityEnabled: wanted.portSecurityEnabled ?? true,
      dnsDomain: wanted.dnsDomain ?? '',
      availabilityZoneHints: wanted.availabilityZoneHints ?? [],
      dhcpHost: null,
      ...none,
    });
    const segment = await this.#driver(type).allocate(tx, id, wanted);
    await tx
      .updateTable('networks')
      .set({ physical_network: segment.physicalNetwork, segmentation_id: segment.segmentationId })
      .where('id', '=', id)
      .execute();
  }

  #driver(type: string): TypeDriver {
    return this.#types[type] as TypeDriver;
  }

  #mtuOf(type: string): number {
    return this.#deps.config.physicalMtu - this.#driver(type).overhead;
  }

  #checkMtu(mtu: number, type: string): void {
    const most = this.#mtuOf(type);
    if (mtu > most) throw invalidInput({ reason: `mtu ${mtu} is too big: the most is ${most}` });
  }

  async #view(q: Query, rows: readonly Network[]): Promise<NetworkView[]> {
    const ids = rows.map((row) => row.id);
    const [inside, tags] = [await subnets.where(q, 'networkId', ids), await tagsOf(q, ids)];
    const byNetwork = Map.groupBy(inside, (subnet) => subnet.networkId);
    return rows.map((row) => ({
      ...row,
      subnetIds: (byNetwork.get(row.id) ?? []).map((subnet) => subnet.id),
      tags: tags.get(row.id) ?? [],
    }));
  }
}

export function isVisible(caller: Caller, network: Network): boolean {
  return caller.seesAll || network.projectId === caller.projectId || network.shared || network.isExternal;
}

async function refuseWithGateways(tx: Tx, id: string): Promise<void> {
  const owners = ['network:router_gateway', 'network:floatingip'];
  const ports = (await portRows.where(tx, 'networkId', [id])).filter((port) => owners.includes(port.deviceOwner));
  if (ports.length > 0) throw externalNetworkInUse({ id });
}

async function refuseWithForeigners(tx: Tx, network: Network): Promise<void> {
  const ports = await portRows.where(tx, 'networkId', [network.id]);
  const foreign = ports.some((port) => port.projectId !== '' && port.projectId !== network.projectId);
  if (foreign) throw invalidSharedSetting({ id: network.id });
}

/** Those of an external network that stand for no port; they go with it. Locked, so that none is given to one meanwhile. */
async function freeFloatingIps(tx: Tx, networkId: string, db: NeutronDb): Promise<FloatingIp[]> {
  const free: FloatingIp[] = [];
  for (const { id } of await floatingIps.where(tx, 'floatingNetworkId', [networkId])) {
    const row = await floatingIps.lock(tx, id, db);
    if (row?.portId === null) free.push(row);
  }
  return free;
}
