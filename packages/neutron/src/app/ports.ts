import { canonicalIp } from '@kumo/core/schema';
import { findPort, withDetails } from '../db/ports.ts';
import type { Network, Port } from '../db/records.ts';
import type { Query, UntypedSelect } from '../db/table.ts';
import { networks, portRows } from '../db/tables.ts';
import { tagsOf } from '../db/tags.ts';
import { portNotFound, servicePortInUse } from '../errors.ts';
import type { Caller } from './caller.ts';
import type { NeutronDeps } from './deps.ts';
import { pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import { PortCreation } from './port-creation.ts';
import { removePortRows } from './port-removal.ts';
import { checkDevice, checkGroups, isInstance, type NewPort, type PortChanges, portTarget } from './port-rules.ts';
import { updatePortRow } from './port-update.ts';
import { checkRevision } from './revisions.ts';

export interface PortView extends Port {
  tags: string[];
}

type Inner = { selectFrom: (table: string) => UntypedSelect };

const FILTERS = {
  network_id: { column: 'network_id', kind: 'text' },
  admin_state_up: { column: 'admin_state_up', kind: 'bool' },
  status: { column: 'status', kind: 'text' },
  mac_address: {
    where: (query: UntypedSelect, values: readonly string[]) =>
      query.where(
        'mac_address',
        'in',
        values.map((mac) => mac.toLowerCase()),
      ),
  },
  device_id: { column: 'device_id', kind: 'text' },
  device_owner: { column: 'device_owner', kind: 'text' },
  port_security_enabled: { column: 'port_security_enabled', kind: 'bool' },
  dns_name: { column: 'dns_name', kind: 'text' },
  'binding:host_id': { column: 'host_id', kind: 'text' },
  'binding:vnic_type': { column: 'vnic_type', kind: 'text' },
  'binding:vif_type': { column: 'vif_type', kind: 'text' },
  fixed_ips: { where: whereFixedIps },
  security_groups: {
    where: (query: UntypedSelect, values: readonly string[]) =>
      query.where('id', 'in', (eb: Inner) =>
        eb.selectFrom('port_security_groups').select('port_id').where('security_group_id', 'in', values),
      ),
  },
} as const;

/** Owners whose ports belong to a router or floating IP and go with those. */
const SERVICE_OWNERS = ['network:router_interface', 'network:router_gateway', 'network:floatingip'];

export class Ports {
  readonly #deps: NeutronDeps;
  readonly #creation: PortCreation;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
    this.#creation = new PortCreation(deps);
  }

  async list(caller: Caller, request: ListRequest): Promise<ListPage<PortView>> {
    const { q } = this.#deps.db;
    const visible = (query: UntypedSelect) =>
      query.where((eb) =>
        eb.or([
          eb('project_id', '=', caller.projectId),
          eb('network_id', 'in', (inner: Inner) =>
            inner.selectFrom('networks').select('id').where('project_id', '=', caller.projectId),
          ),
        ]),
      );
    const page = await portRows.page(q, pageRequestOf(request, FILTERS, caller.seesAll ? undefined : visible));
    return { rows: await view(q, await withDetails(q, page.rows)), hasMore: page.hasMore };
  }

  async show(caller: Caller, id: string): Promise<PortView> {
    const { port, network } = await this.#load(caller, id);
    caller.authorize(portTarget(port, network), portNotFound({ id }));
    return (await view(this.#deps.db.q, [port]))[0] as PortView;
  }

  async create(caller: Caller, wanted: readonly NewPort[], bodies: readonly object[]): Promise<PortView[]> {
    const ports = await this.#creation.create(caller, wanted, bodies);
    return ports.map((port) => ({ ...port, tags: [] }));
  }

  async update(
    caller: Caller,
    id: string,
    changes: PortChanges,
    options: { body: object; ifMatch?: string },
  ): Promise<PortView> {
    caller.authorizeOwn();
    const { port, network } = await this.#load(caller, id);
    const target = portTarget({ ...port, deviceOwner: changes.deviceOwner ?? port.deviceOwner }, network);
    caller.authorize(target);
    caller.authorizeAttributes('update_port', options.body as Record<string, unknown>, target);
    const { db } = this.#deps;
    await checkDevice(db.q, caller, changes.deviceId);
    const groups =
      changes.securityGroups === undefined
        ? undefined
        : await checkGroups(db.q, caller, changes.securityGroups ?? [], port.projectId);
    const after = await updatePortRow(this.#deps, { id, network, changes, groups, ifMatch: options.ifMatch });
    return (await view(db.q, [after]))[0] as PortView;
  }

  async delete(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    caller.authorizeOwn();
    const seen = await this.#load(caller, id);
    caller.authorize(portTarget(seen.port, seen.network));
    const { db, agents, nova } = this.#deps;
    await db.transaction(async (tx) => {
      if (!(await portRows.lock(tx, id, db))) throw portNotFound({ id });
      const found = (await findPort(tx, id)) as Port;
      checkRevision(ifMatch, found.revisionNumber);
      if (SERVICE_OWNERS.includes(found.deviceOwner)) {
        throw servicePortInUse({ id, reason: `has device owner ${found.deviceOwner}` });
      }
      agents.routersChanged(tx, await removePortRows(tx, this.#deps, [found]));
      agents.portsChanged(tx, [found]);
      agents.dhcpChanged(tx, [found.networkId]);
      agents.securityGroupsChanged(tx, found.securityGroups);
      if (isInstance(found)) nova.post(tx, [{ name: 'network-vif-deleted', serverId: found.deviceId, portId: id }]);
    });
  }

  async #load(caller: Caller, id: string): Promise<{ port: Port; network: Network }> {
    const { q } = this.#deps.db;
    const port = await findPort(q, id);
    const network = port && (await networks.find(q, port.networkId));
    if (!port || !network) throw portNotFound({ id });
    const isTheirs = port.projectId === caller.projectId || network.projectId === caller.projectId;
    if (!caller.seesAll && !isTheirs) throw portNotFound({ id });
    return { port, network };
  }
}

async function view(q: Query, ports: readonly Port[]): Promise<PortView[]> {
  const tags = await tagsOf(
    q,
    ports.map((port) => port.id),
  );
  return ports.map((port) => ({ ...port, tags: tags.get(port.id) ?? [] }));
}

/** `fixed_ips=ip_address=10.0.0.5`, `fixed_ips=subnet_id=…`, `fixed_ips=ip_address_substr=10.0`; all given must hold. */
function whereFixedIps(query: UntypedSelect, values: readonly string[]): UntypedSelect {
  const parts = values
    .flatMap((value) => value.split(','))
    .map((part) => part.split('=', 2) as [string, string | undefined]);
  const wanted = (name: string) =>
    parts.filter(([key, value]) => key === name && value !== undefined).map(([, value]) => value as string);
  const isKnown = parts.every(
    ([key, value]) => value !== undefined && ['ip_address', 'subnet_id', 'ip_address_substr'].includes(key),
  );
  if (!isKnown) return query.where('id', '=', '');
  return query.where('id', 'in', (eb: Inner) => {
    let inner = eb.selectFrom('ip_allocations').select('port_id');
    const addresses = wanted('ip_address');
    if (addresses.length > 0)
      inner = inner.where(
        'ip_address',
        'in',
        addresses.map((text) => canonicalIp(text) ?? text),
      );
    const subnetIds = wanted('subnet_id');
    if (subnetIds.length > 0) inner = inner.where('subnet_id', 'in', subnetIds);
    for (const part of wanted('ip_address_substr'))
      inner = inner.where('ip_address', 'like', `%${part.replace(/[%_\\]/g, '')}%`);
    return inner;
  });
}
