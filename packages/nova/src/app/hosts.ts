import { type Db, fromIso } from '@kumo/core/db';
import { pageSize } from '@kumo/core/http';
import { isUuid } from '@kumo/core/schema';
import type { NovaConfig } from '../config.ts';
import { listAggregates } from '../db/aggregates.ts';
import * as store from '../db/hosts.ts';
import type { NovaTables } from '../db/schema.ts';
import type { FlavorSnapshot } from '../db/server-shapes.ts';
import {
  hypervisorNotFound,
  hypervisorPatternNotFound,
  invalidRequest,
  markerNotFound,
  serviceHostNotFound,
  serviceInUse,
  serviceNotFound,
} from '../errors.ts';
import { type Zone, zoneOfHost, zonesOf } from './zones.ts';

export interface Service extends store.NovaService {
  zone: string;
  isUp: boolean;
}

export interface Hypervisor extends store.Hypervisor {
  service: Service | undefined;
  servers: { id: string; name: string }[];
  /** Servers that are on the way to another state. */
  workload: number;
}

/** Numbers that stand for UUIDs up to 2.52. */
export const numberOf = (id: string): number => Number.parseInt(id.slice(0, 7), 16);

export class Hosts {
  readonly #db: Db<NovaTables>;
  readonly #config: NovaConfig;

  constructor(db: Db<NovaTables>, config: NovaConfig) {
    this.#db = db;
    this.#config = config;
  }

  async services(by: { host?: string; binary?: string } = {}): Promise<Service[]> {
    const aggregates = await listAggregates(this.#db.q);
    const { serviceDownSeconds, defaultAvailabilityZone } = this.#config;
    return (await store.listServices(this.#db.q, by)).map((service) => ({
      ...service,
      isUp: store.isUp(service, serviceDownSeconds),
      zone:
        service.binary === 'nova-compute' ? zoneOfHost(aggregates, service.host, defaultAvailabilityZone) : 'internal',
    }));
  }

  zones(): Promise<Zone[]> {
    return zonesOf(this.#db.q, this.#config);
  }

  isUp(service: store.NovaService): boolean {
    return store.isUp(service, this.#config.serviceDownSeconds);
  }

  async serviceAt(host: string, binary: string): Promise<Service> {
    const [found] = await this.services({ host, binary });
    if (!found) throw serviceHostNotFound({ host, binary });
    return found;
  }

  /** @throws 400 when the id is no UUID, 404 */
  async serviceById(id: string): Promise<Service> {
    if (!isUuid(id))
      throw invalidRequest({ message: `The id of a service must be a UUID, not ${JSON.stringify(id.slice(0, 64))}.` });
    const found = (await this.services()).find((service) => service.id === id);
    if (!found) throw serviceNotFound({ id });
    return found;
  }

  /** @throws 400 for a reason without disabling, and for what only a compute service has. */
  async updateService(
    service: Service,
    changes: { disabled?: boolean; disabledReason?: string; forcedDown?: boolean },
  ): Promise<Service> {
    const { disabled, disabledReason, forcedDown } = changes;
    if (service.binary !== 'nova-compute')
      throw invalidRequest({
        message: `Updating a ${service.binary} service is not supported. Only nova-compute services can be updated.`,
      });
    if (disabledReason !== undefined && disabled !== true)
      throw invalidRequest({ message: "Specifying 'disabled_reason' requires that 'status' is 'disabled'." });
    await store.updateService(this.#db.q, service.id, {
      disabled,
      forcedDown,
      disabledReason: disabled === undefined ? undefined : (disabledReason ?? null),
    });
    return this.serviceById(service.id);
  }

  /** @throws 409 while servers are on the host. */
  async deleteService(id: string): Promise<void> {
    const service = await this.serviceById(id);
    if (service.binary === 'nova-compute' && (await store.placedServers(this.#db.q, [service.host])).length > 0)
      throw serviceInUse();
    await this.#db.transaction((tx) => store.deleteService(tx, service));
  }

  /** Hypervisors by id, a page of them; `pattern` is a part of the host's name. */
  async hypervisors(query: { pattern?: string; limit?: number; marker?: string } = {}) {
    const all = await this.#all();
    const matching =
      query.pattern === undefined ? all : all.filter(({ hostname }) => hostname.includes(query.pattern!));
    if (query.pattern !== undefined && matching.length === 0)
      throw hypervisorPatternNotFound({ pattern: query.pattern });
    const place =
      query.marker === undefined
        ? -1
        : matching.findIndex(({ id }) => id === query.marker || String(numberOf(id)) === query.marker);
    if (query.marker !== undefined && place < 0) throw markerNotFound({ marker: query.marker });
    const size = pageSize(query.limit, this.#config.maxPageSize);
    const page = matching.slice(place + 1, place + 1 + size);
    return { hypervisors: page, hasMore: page.length > 0 && page.length === size };
  }

  /** @throws 404 */
  async hypervisor(id: string): Promise<Hypervisor> {
    const found = (await this.#all()).find((one) => one.id === id || String(numberOf(one.id)) === id);
    if (!found) throw hypervisorNotFound({ id });
    return found;
  }

  async #all(): Promise<Hypervisor[]> {
    const services = await this.services({ binary: 'nova-compute' });
    const nodes = await store.listHypervisors(this.#db.q);
    const placed = Map.groupBy(await store.placedServers(this.#db.q), ({ host }) => host!);
    return nodes.map((node) => {
      const servers = placed.get(node.host) ?? [];
      const flavors = servers.map(({ flavor }) => JSON.parse(flavor) as FlavorSnapshot);
      const sum = (of: (flavor: FlavorSnapshot) => number) => flavors.reduce((total, flavor) => total + of(flavor), 0);
      return {
        ...node,
        vcpusUsed: sum(({ vcpus }) => vcpus),
        memoryMbUsed: sum(({ memoryMb }) => memoryMb) + this.#config.compute.reservedMemoryMb,
        localGbUsed: sum(({ rootGb, ephemeralGb }) => rootGb + ephemeralGb),
        service: services.find(({ host }) => host === node.host),
        servers: servers.map(({ id, name }) => ({ id, name })),
        workload: servers.filter(({ task_state }) => task_state !== null).length,
      };
    });
  }
}

/** When a service was last heard of, for `zones`' details. */
export const lastHeard = ({ lastSeenUp }: store.NovaService): string | null =>
  lastSeenUp === null || Number.isNaN(fromIso(lastSeenUp)) ? null : lastSeenUp;
