import { usedBySubnet } from '../db/ip-allocations.ts';
import type { Network, Subnet } from '../db/records.ts';
import { networks, subnets } from '../db/tables.ts';
import { networkNotFound } from '../errors.ts';
import { parseIp } from '../net/ip-address.ts';
import type { NeutronDeps } from './deps.ts';
import { pageRequestOf } from './list-filters.ts';
import type { ListPage, ListRequest } from './list-request.ts';

export interface IpAvailability {
  network: Network;
  subnets: { subnet: Subnet; total: number; used: number }[];
}

const FILTERS = {
  network_id: { column: 'id', kind: 'text' },
  network_name: { column: 'name', kind: 'text' },
} as const;

/** How many addresses each network has, and how many are given out. */
export class IpAvailabilities {
  readonly #deps: NeutronDeps;

  constructor(deps: NeutronDeps) {
    this.#deps = deps;
  }

  async list(request: ListRequest): Promise<ListPage<IpAvailability>> {
    const { db } = this.#deps;
    const versions = (request.filters.get('ip_version') ?? []).map(Number);
    const filters = new Map([...request.filters].filter(([name]) => name !== 'ip_version'));
    const page = await networks.page(db.q, pageRequestOf({ ...request, filters }, FILTERS));
    return { rows: await this.#count(page.rows, versions), hasMore: page.hasMore };
  }

  async show(id: string): Promise<IpAvailability> {
    const network = await networks.find(this.#deps.db.q, id);
    if (!network) throw networkNotFound({ id });
    return (await this.#count([network], []))[0] as IpAvailability;
  }

  async #count(rows: readonly Network[], versions: readonly number[]): Promise<IpAvailability[]> {
    const { q } = this.#deps.db;
    const inside = await subnets.where(
      q,
      'networkId',
      rows.map((row) => row.id),
    );
    const counted = inside.filter((subnet) => versions.length === 0 || versions.includes(subnet.ipVersion));
    const used = await usedBySubnet(
      q,
      counted.map((subnet) => subnet.id),
    );
    const byNetwork = Map.groupBy(counted, (subnet) => subnet.networkId);
    return rows.map((network) => ({
      network,
      subnets: (byNetwork.get(network.id) ?? []).map((subnet) => ({
        subnet,
        total: sizeOf(subnet),
        used: used.get(subnet.id) ?? 0,
      })),
    }));
  }
}

function sizeOf(subnet: Subnet): number {
  const total = subnet.allocationPools.reduce((sum, { start, end }) => {
    return sum + (parseIp(end) as { value: bigint }).value - (parseIp(start) as { value: bigint }).value + 1n;
  }, 0n);
  return Number(total);
}
