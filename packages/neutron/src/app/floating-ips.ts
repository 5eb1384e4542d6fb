import { randomUUID } from 'node:crypto';
import { isUniqueViolation } from '@kumo/core/db';
import { findPort, portsWhere } from '../db/ports.ts';
import type { FloatingIp, Port } from '../db/records.ts';
import type { Query, Tx } from '../db/table.ts';
import { floatingIps, networks, subnets } from '../db/tables.ts';
import { tagsOf } from '../db/tags.ts';
import {
  badRequestOf,
  externalIpExhausted,
  floatingIpNotFound,
  floatingIpPortAssociated,
  ipAddressGenerationFailure,
  networkNotFound,
  subnetNotFound,
} from '../errors.ts';
import type { Caller } from './caller.ts';
import { ensureDefaultGroup } from './default-security-group.ts';
import type { NeutronDeps } from './deps.ts';
import { associationOf } from './floating-ip-association.ts';
import { removeFloatingIpRows } from './floating-ip-removal.ts';
import type { FixedIpWish } from './ipam.ts';
import { ownedBy, pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import { isVisible } from './networks.ts';
import { ownerOf } from './owner.ts';
import { insertPort } from './port-insertion.ts';
import { isInstance } from './port-rules.ts';
import { checkRevision } from './revisions.ts';

export interface FloatingIpView extends FloatingIp {
  port: Port | null;
  tags: string[];
}

export interface FloatingIpChanges {
  portId?: string | null;
  fixedIpAddress?: string | null;
  description?: string;
}

export interface NewFloatingIp extends FloatingIpChanges {
  projectId?: string;
  tenantId?: string;
  floatingNetworkId: string;
  floatingIpAddress?: string | null;
  subnetId?: string | null;
  dnsName?: string;
  dnsDomain?: string;
}

const text = (column: string) => ({ column, kind: 'text' }) as const;
const FILTERS = {
  name: null,
  floating_network_id: text('floating_network_id'),
  floating_ip_address: text('floating_ip_address'),
  fixed_ip_address: text('fixed_ip_address'),
  port_id: text('port_id'),
  router_id: text('router_id'),
  status: text('status'),
  dns_name: text('dns_name'),
  dns_domain: text('dns_domain'),
};

const NONE = { portId: null, fixedIpAddress: null, routerId: null } as const;
const targetOf = (projectId: string) => ({ project_id: projectId, tenant_id: projectId });

export class FloatingIps {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async list(caller: Caller, request: ListRequest): Promise<ListPage<FloatingIpView>> {
    const { q } = this.#deps.db;
    const page = await floatingIps.page(
      q,
      pageRequestOf(request, FILTERS, caller.seesAll ? undefined : ownedBy(caller.projectId)),
    );
    return { rows: await view(q, page.rows), hasMore: page.hasMore };
  }

  async show(caller: Caller, id: string): Promise<FloatingIpView> {
    const row = await this.#load(caller, id);
    caller.authorize(targetOf(row.projectId), floatingIpNotFound({ id }));
    return (await view(this.#deps.db.q, [row]))[0] as FloatingIpView;
  }

  async create(caller: Caller, wanted: NewFloatingIp, body: object): Promise<FloatingIpView> {
    const projectId = ownerOf(caller, wanted);
    caller.authorize(targetOf(projectId));
    caller.authorizeAttributes('create_floatingip', body as Record<string, unknown>, targetOf(projectId));
    const { db, quota } = this.#deps;
    await this.#checkNetwork(caller, wanted.floatingNetworkId);
    const id = randomUUID();
    return associating(wanted, () =>
      db.transaction(async (tx) => {
        await ensureDefaultGroup(tx, this.#deps, projectId);
        await quota.charge(tx, projectId, { floatingip: 1 });
        const port = await this.#insertPort(tx, id, wanted);
        const floatingIpAddress = port.fixedIps.find((ip) => !ip.ipAddress.includes(':'))?.ipAddress;
        if (floatingIpAddress === undefined) throw externalIpExhausted({ id: wanted.floatingNetworkId });
        const { floatingNetworkId, description = '', dnsName = '', dnsDomain = '' } = wanted;
        const known = { floatingIpId: id, floatingIpAddress, floatingNetworkId };
        const association = wanted.portId
          ? await associationOf(tx, caller, { ...known, portId: wanted.portId, fixedIpAddress: wanted.fixedIpAddress })
          : NONE;
        const fresh = { id, projectId, description, dnsName, dnsDomain, floatingNetworkId, floatingIpAddress };
        await floatingIps.insert(tx, { ...fresh, floatingPortId: port.id, ...association, status: 'DOWN' });
        const [made] = await view(tx, [(await floatingIps.find(tx, id)) as FloatingIp]);
        this.#announce(tx, undefined, made);
        return made as FloatingIpView;
      }),
    );
  }

  async update(caller: Caller, id: string, changes: FloatingIpChanges, ifMatch?: string): Promise<FloatingIpView> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(targetOf(seen.projectId));
    const { db } = this.#deps;
    return associating(changes, () =>
      db.transaction(async (tx) => {
        const row = await floatingIps.lock(tx, id, db);
        if (!row) throw floatingIpNotFound({ id });
        checkRevision(ifMatch, row.revisionNumber);
        const changed: Partial<FloatingIp> = { description: changes.description };
        if (changes.fixedIpAddress && !changes.portId) {
          throw badRequestOf({
            resource: 'floatingip',
            reason: 'fixed_ip_address cannot be specified without a port_id',
          });
        }
        // An update that names neither a port nor a description takes the address off its port.
        const isDetached =
          changes.portId === null || (changes.portId === undefined && changes.description === undefined);
        if (isDetached) Object.assign(changed, NONE, { status: 'DOWN' });
        else if (changes.portId !== undefined && changes.portId !== null) {
          const { floatingIpAddress, floatingNetworkId } = row;
          const known = { floatingIpId: id, floatingIpAddress, floatingNetworkId };
          const found = await associationOf(tx, caller, {
            ...known,
            portId: changes.portId,
            fixedIpAddress: changes.fixedIpAddress,
          });
          const isSame =
            found.portId === row.portId &&
            found.fixedIpAddress === row.fixedIpAddress &&
            found.routerId === row.routerId;
          if (!isSame) Object.assign(changed, found, { status: 'DOWN' });
        }
        await floatingIps.update(tx, id, changed);
        const rows = [(await floatingIps.find(tx, id)) as FloatingIp];
        const [after] = await view(tx, rows);
        this.#announce(tx, (await view(tx, [row]))[0], after);
        return after as FloatingIpView;
      }),
    );
  }

  async delete(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(targetOf(seen.projectId));
    const { db } = this.#deps;
    await db.transaction(async (tx) => {
      const row = await floatingIps.lock(tx, id, db);
      if (!row) throw floatingIpNotFound({ id });
      checkRevision(ifMatch, row.revisionNumber);
      const [before] = await view(tx, [row]);
      await removeFloatingIpRows(tx, this.#deps, [row]);
      this.#announce(tx, before, undefined);
    });
  }

  async #load(caller: Caller, id: string): Promise<FloatingIp> {
    const row = await floatingIps.find(this.#deps.db.q, id);
    if (!row || (!caller.seesAll && row.projectId !== caller.projectId)) throw floatingIpNotFound({ id });
    return row;
  }

  async #checkNetwork(caller: Caller, id: string): Promise<void> {
    const network = await networks.find(this.#deps.db.q, id);
    if (!network || !isVisible(caller, network)) throw networkNotFound({ id });
    if (!network.isExternal) {
      throw badRequestOf({ resource: 'floatingip', reason: `Network ${id} is not a valid external network` });
    }
  }

  async #insertPort(tx: Tx, floatingIpId: string, wanted: NewFloatingIp): Promise<Port> {
    const networkId = wanted.floatingNetworkId;
    const inside = await subnets.where(tx, 'networkId', [networkId]);
    const v4 = inside.filter((subnet) => subnet.ipVersion === 4);
    if (wanted.subnetId && !inside.some((subnet) => subnet.id === wanted.subnetId))
      throw subnetNotFound({ id: wanted.subnetId });
    if (v4.length === 0)
      throw badRequestOf({ resource: 'floatingip', reason: `Network ${networkId} does not contain any IPv4 subnet` });
    const deviceOwner = 'network:floatingip';
    const port = await insertPort(tx, {
      projectId: '',
      networkId,
      deviceId: floatingIpId,
      deviceOwner,
      portSecurityEnabled: false,
    });
    const wish: FixedIpWish = {
      subnetId: wanted.subnetId ?? undefined,
      ipAddress: wanted.floatingIpAddress ?? undefined,
    };
    const isPlain = wish.subnetId === undefined && wish.ipAddress === undefined;
    try {
      await this.#deps.ipam.allocate(tx, {
        networkId,
        portId: port.id,
        mac: port.macAddress,
        deviceOwner,
        wishes: isPlain ? undefined : [wish],
        subnets: wish.ipAddress === undefined && isPlain ? v4 : inside,
      });
    } catch (error) {
      if (ipAddressGenerationFailure.is(error)) throw externalIpExhausted({ id: networkId }, { cause: error });
      throw error;
    }
    return (await findPort(tx, port.id)) as Port;
  }

  #announce(tx: Tx, before: FloatingIpView | undefined, after: FloatingIpView | undefined): void {
    const { agents, nova } = this.#deps;
    agents.routersChanged(tx, [before?.routerId ?? null, after?.routerId ?? null]);
    if (before?.portId === after?.portId) return;
    const touched = [before?.port, after?.port]
      .filter((port) => port !== undefined && port !== null)
      .filter(isInstance);
    nova.post(
      tx,
      touched.map((port) => ({ name: 'network-changed', serverId: port.deviceId, portId: port.id })),
    );
  }
}

/** Two requests for one fixed address at once: the table's key lets one of them through. */
async function associating<T>(wanted: FloatingIpChanges, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!wanted.portId || !isUniqueViolation(error)) throw error;
    throw floatingIpPortAssociated({ portId: wanted.portId, fixedIp: wanted.fixedIpAddress }, { cause: error });
  }
}

async function view(q: Query, rows: readonly FloatingIp[]): Promise<FloatingIpView[]> {
  const tags = await tagsOf(
    q,
    rows.map((row) => row.id),
  );
  const ids = rows.map((row) => row.portId).filter((id) => id !== null);
  const ports = new Map((await portsWhere(q, 'id', ids)).map((port) => [port.id, port]));
  return rows.map((row) => ({ ...row, port: ports.get(row.portId ?? '') ?? null, tags: tags.get(row.id) ?? [] }));
}
