import { badRequest, forbidden } from '@kumo/core/errors';
import type { Taggable } from '../api/tags.ts';
import type { Query } from '../db/table.ts';
import { floatingIps, networks, portRows, routers, securityGroups, subnets } from '../db/tables.ts';
import { addTags, removeTags, tagsOf } from '../db/tags.ts';
import {
  floatingIpNotFound,
  networkNotFound,
  portNotFound,
  routerNotFound,
  securityGroupNotFound,
  subnetNotFound,
  tagNotFound,
} from '../errors.ts';
import type { Caller } from './caller.ts';
import type { NeutronDeps } from './deps.ts';

const MAX_TAGS = 50;

const KINDS = {
  networks: { table: networks, notFound: networkNotFound, rule: 'network' },
  subnets: { table: subnets, notFound: subnetNotFound, rule: 'subnet' },
  ports: { table: portRows, notFound: portNotFound, rule: 'port' },
  routers: { table: routers, notFound: routerNotFound, rule: 'router' },
  floatingips: { table: floatingIps, notFound: floatingIpNotFound, rule: 'floatingip' },
  'security-groups': { table: securityGroups, notFound: securityGroupNotFound, rule: 'security_group' },
} as const;

interface Place {
  type: Taggable;
  id: string;
}

/** Tags of any resource. Who may read or change a resource may read or change its tags. */
export class Tags {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async list(caller: Caller, place: Place): Promise<string[]> {
    await this.#load(caller, place, 'get');
    return this.#of(place);
  }

  async has(caller: Caller, place: Place, tag: string): Promise<void> {
    if (!(await this.list(caller, place)).includes(tag)) throw tagNotFound({ tag });
  }

  async replace(caller: Caller, place: Place, tags: readonly string[]): Promise<string[]> {
    await this.#load(caller, place, 'update');
    await this.#deps.db.transaction(async (tx) => {
      await removeTags(tx, place.id);
      await addTags(tx, place.id, tags);
      await KINDS[place.type].table.update(tx, place.id, {});
    });
    return this.#of(place);
  }

  async add(caller: Caller, place: Place, tags: readonly string[]): Promise<string[]> {
    await this.#load(caller, place, 'update');
    const all = new Set([...(await this.#of(place)), ...tags]);
    if (all.size > MAX_TAGS) throw badRequest({ message: `A resource has at most ${MAX_TAGS} tags.` });
    await this.#deps.db.transaction(async (tx) => {
      await addTags(tx, place.id, tags);
      await KINDS[place.type].table.update(tx, place.id, {});
    });
    return this.#of(place);
  }

  async remove(caller: Caller, place: Place, tag?: string): Promise<void> {
    await this.#load(caller, place, 'update');
    await this.#deps.db.transaction(async (tx) => {
      const removed = await removeTags(tx, place.id, tag);
      if (tag !== undefined && removed === 0) throw tagNotFound({ tag });
      await KINDS[place.type].table.update(tx, place.id, {});
    });
  }

  async #of({ id }: Place): Promise<string[]> {
    return (await tagsOf(this.#deps.db.q, [id])).get(id) ?? [];
  }

  async #load(caller: Caller, { type, id }: Place, action: 'get' | 'update'): Promise<void> {
    const { table, notFound, rule } = KINDS[type];
    const { q } = this.#deps.db;
    const name = `${action}_${rule}`;
    const row = await table.find(q, id);
    const target = row && (await targetOf(q, row as { projectId: string }, type));
    // What may not be seen looks absent.
    if (!target || !caller.allows(`get_${rule}`, target)) {
      if (
        action === 'update' &&
        !caller.allows(name, { project_id: caller.projectId, 'network:project_id': caller.projectId })
      ) {
        throw forbidden({ rule: name });
      }
      throw notFound({ id });
    }
    if (!caller.allows(name, target)) throw forbidden({ rule: name });
  }
}

async function targetOf(
  q: Query,
  row: { projectId: string; networkId?: string; shared?: boolean; isExternal?: boolean },
  type: Taggable,
) {
  const network = row.networkId === undefined ? undefined : await networks.find(q, row.networkId);
  return {
    project_id: row.projectId,
    tenant_id: row.projectId,
    'network:project_id': network?.projectId ?? row.projectId,
    shared: network?.shared ?? row.shared ?? false,
    // That a network is external shows nobody its subnets (isSubnetVisible).
    'router:external': type !== 'subnets' && (network?.isExternal ?? row.isExternal ?? false),
  };
}
