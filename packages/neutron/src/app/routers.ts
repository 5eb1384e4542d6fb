import { randomUUID } from 'node:crypto';
import { findPort, portsWhere } from '../db/ports.ts';
import type { FixedIp, HostRoute, Port, Router } from '../db/records.ts';
import type { Query, Tx, UntypedSelect } from '../db/table.ts';
import { networks, routers, subnets } from '../db/tables.ts';
import { tagsOf } from '../db/tags.ts';
import { badRequestOf, invalidRoutes, networkNotFound, routerInUse, routerNotFound } from '../errors.ts';
import { contains, type IpNumber, ipText, type Prefix, parseIp, parsePrefix } from '../net/ip-address.ts';
import type { Caller } from './caller.ts';
import { ensureDefaultGroup } from './default-security-group.ts';
import type { NeutronDeps } from './deps.ts';
import { ownedBy, pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';
import { isVisible } from './networks.ts';
import { ownerOf } from './owner.ts';
import { checkRevision } from './revisions.ts';
import { setGateway, type WantedGateway } from './router-gateway.ts';
import type { RouterHosts } from './router-hosts.ts';

export interface RouterView extends Router {
  gatewayIps: FixedIp[];
  tags: string[];
}

export interface RouterChanges {
  name?: string;
  description?: string;
  adminStateUp?: boolean;
  externalGatewayInfo?: WantedGateway | null;
  routes?: HostRoute[] | null;
  distributed?: boolean;
  ha?: boolean;
}

export interface NewRouter extends RouterChanges {
  projectId?: string;
  tenantId?: string;
  availabilityZoneHints?: string[];
}

const ifFalse = {
  where: (query: UntypedSelect, values: readonly string[]) =>
    values.some((v) => /^(?:false|0)$/i.test(v)) ? query : query.where('id', '=', ''),
};

const FILTERS = {
  admin_state_up: { column: 'admin_state_up', kind: 'bool' },
  status: {
    where: (query: UntypedSelect, values: readonly string[]) =>
      values.includes('ACTIVE') ? query : query.where('id', '=', ''),
  },
  distributed: ifFalse,
  ha: ifFalse,
} as const;

const targetOf = (projectId: string) => ({ project_id: projectId, tenant_id: projectId });

export class Routers {
  readonly #deps: NeutronDeps;
  readonly #hosts: RouterHosts;

  constructor(deps: NeutronDeps, hosts: RouterHosts) {
    this.#deps = deps;
    this.#hosts = hosts;
  }

  async list(caller: Caller, request: ListRequest): Promise<ListPage<RouterView>> {
    const { q } = this.#deps.db;
    const page = await routers.page(
      q,
      pageRequestOf(request, FILTERS, caller.seesAll ? undefined : ownedBy(caller.projectId)),
    );
    return { rows: await view(q, page.rows), hasMore: page.hasMore };
  }

  async show(caller: Caller, id: string): Promise<RouterView> {
    const router = await this.#load(caller, id);
    caller.authorize(targetOf(router.projectId), routerNotFound({ id }));
    return (await view(this.#deps.db.q, [router]))[0] as RouterView;
  }

  /** The router for an operation that changes it. @throws routerNotFound, forbidden. */
  async loadForChange(caller: Caller, id: string): Promise<Router> {
    caller.authorizeOwn();
    const router = await this.#load(caller, id);
    caller.authorize(targetOf(router.projectId));
    return router;
  }

  async create(caller: Caller, wanted: NewRouter, body: object): Promise<RouterView> {
    const projectId = ownerOf(caller, wanted);
    caller.authorize(targetOf(projectId));
    caller.authorizeAttributes('create_router', body as Record<string, unknown>, targetOf(projectId));
    refuseUnsupported(wanted);
    await this.#checkGatewayNetwork(caller, wanted.externalGatewayInfo);
    const { db, quota, agents } = this.#deps;
    const id = randomUUID();
    return db.transaction(async (tx) => {
      await ensureDefaultGroup(tx, this.#deps, projectId);
      await quota.charge(tx, projectId, { router: 1 });
      const host = await this.#hosts.choose(tx);
      const { name = '', description = '', adminStateUp = true, availabilityZoneHints = [] } = wanted;
      const fresh = { id, projectId, name, description, adminStateUp, availabilityZoneHints, host };
      await routers.insert(tx, { ...fresh, gatewayNetworkId: null, gatewayPortId: null, enableSnat: true, routes: [] });
      const router = (await routers.find(tx, id)) as Router;
      if (wanted.externalGatewayInfo) await setGateway(tx, this.#deps, router, wanted.externalGatewayInfo);
      const made = (await view(tx, [(await routers.find(tx, id)) as Router]))[0] as RouterView;
      agents.routersChanged(tx, [id]);
      if (made.gatewayNetworkId !== null) agents.networksChanged(tx, [made.gatewayNetworkId]);
      return made;
    });
  }

  async update(
    caller: Caller,
    id: string,
    changes: RouterChanges,
    options: { body: object; ifMatch?: string },
  ): Promise<RouterView> {
    const seen = await this.loadForChange(caller, id);
    caller.authorizeAttributes('update_router', options.body as Record<string, unknown>, targetOf(seen.projectId));
    refuseUnsupported(changes);
    await this.#checkGatewayNetwork(caller, changes.externalGatewayInfo);
    const { db, agents } = this.#deps;
    return db.transaction(async (tx) => {
      const router = await routers.lock(tx, id, db);
      if (!router) throw routerNotFound({ id });
      checkRevision(options.ifMatch, router.revisionNumber);
      if (changes.externalGatewayInfo !== undefined)
        await setGateway(tx, this.#deps, router, changes.externalGatewayInfo);
      const { name, description, adminStateUp } = changes;
      const routes = changes.routes === undefined ? undefined : await checkRoutes(tx, id, changes.routes ?? []);
      await routers.update(tx, id, { name, description, adminStateUp, routes });
      const after = (await view(tx, [(await routers.find(tx, id)) as Router]))[0] as RouterView;
      agents.routersChanged(tx, [id]);
      const touched = [router.gatewayNetworkId, after.gatewayNetworkId].filter((one) => one !== null);
      if (changes.externalGatewayInfo !== undefined) agents.networksChanged(tx, touched);
      return after;
    });
  }

  async delete(caller: Caller, id: string, ifMatch?: string): Promise<void> {
    await this.loadForChange(caller, id);
    const { db, quota, agents } = this.#deps;
    await db.transaction(async (tx) => {
      const router = await routers.lock(tx, id, db);
      if (!router) throw routerNotFound({ id });
      checkRevision(ifMatch, router.revisionNumber);
      const ports = (await portsWhere(tx, 'deviceId', [id])).filter(
        (port) => port.deviceOwner === 'network:router_interface',
      );
      if (ports.length > 0) throw routerInUse({ id });
      await setGateway(tx, this.#deps, router, null);
      await routers.remove(tx, id);
      await quota.refund(tx, router.projectId, { router: 1 });
      agents.routersChanged(tx, [id]);
      if (router.gatewayNetworkId !== null) agents.networksChanged(tx, [router.gatewayNetworkId]);
    });
  }

  async #load(caller: Caller, id: string): Promise<Router> {
    const router = await routers.find(this.#deps.db.q, id);
    if (!router || (!caller.seesAll && router.projectId !== caller.projectId)) throw routerNotFound({ id });
    return router;
  }

  async #checkGatewayNetwork(caller: Caller, gateway: WantedGateway | null | undefined): Promise<void> {
    if (!gateway?.networkId) return;
    const network = await networks.find(this.#deps.db.q, gateway.networkId);
    if (!network || !isVisible(caller, network)) throw networkNotFound({ id: gateway.networkId });
  }
}

function refuseUnsupported({ distributed, ha }: RouterChanges): void {
  if (distributed)
    throw badRequestOf({ resource: 'router', reason: 'Distributed routers are not offered by this cloud' });
  if (ha) throw badRequestOf({ resource: 'router', reason: 'Highly available routers are not offered by this cloud' });
}

/** @throws invalidRoutes for a next hop that the router cannot reach directly, or is itself, or a route given twice. */
async function checkRoutes(tx: Tx, routerId: string, wanted: readonly HostRoute[]): Promise<HostRoute[]> {
  const ports = await portsWhere(tx, 'deviceId', [routerId]);
  const own = new Set(ports.flatMap((port) => port.fixedIps.map((ip) => ip.ipAddress)));
  const connected = await subnets.findMany(tx, [
    ...new Set(ports.flatMap((port) => port.fixedIps.map((ip) => ip.subnetId))),
  ]);
  const seen = new Set<string>();
  return wanted.map(({ destination, nexthop }) => {
    const [prefix, hop] = [parsePrefix(destination), parseIp(nexthop)];
    const refuse = (reason: string) => invalidRoutes({ routes: `${destination} via ${nexthop}`, reason });
    if (!prefix || !hop || prefix.version !== hop.version)
      throw refuse('destination and nexthop are not of one family');
    const key = `${prefix.text}|${ipText(hop)}`;
    if (seen.has(key)) throw refuse('the route is given twice');
    seen.add(key);
    if (!connected.some((subnet) => contains(parsePrefix(subnet.cidr) as Prefix, hop as IpNumber))) {
      throw refuse('the nexthop is not connected with router');
    }
    if (own.has(ipText(hop))) throw refuse('the nexthop is used by router');
    return { destination: prefix.text, nexthop: ipText(hop) };
  });
}

async function view(q: Query, rows: readonly Router[]): Promise<RouterView[]> {
  const tags = await tagsOf(
    q,
    rows.map((row) => row.id),
  );
  const views: RouterView[] = [];
  for (const row of rows) {
    const port: Port | undefined = row.gatewayPortId === null ? undefined : await findPort(q, row.gatewayPortId);
    views.push({ ...row, gatewayIps: port?.fixedIps ?? [], tags: tags.get(row.id) ?? [] });
  }
  return views;
}
