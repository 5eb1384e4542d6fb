import type { Db } from '@kumo/core/db';
import { type Endpoint, enabledCatalog, listEndpoints, type Service } from '../db/catalog.ts';
import { CATALOG_TAG } from '../db/change-tags.ts';
import { projectFilter, someProjectFilter } from '../db/endpoint-filter.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { isInGroup } from './endpoint-groups.ts';
import { EndpointUrl } from './endpoint-url.ts';
import type { VersionedCache } from './versioned-cache.ts';

export interface CatalogEndpoint {
  readonly id: string;
  readonly interface: string;
  readonly regionId: string | null;
  readonly url: string;
  readonly extra: Endpoint['extra'];
}

export interface CatalogEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly CatalogEndpoint[];
}

export interface CatalogOptions {
  /** What `%(public_endpoint)s` stands for: this Keystone. */
  readonly publicEndpoint?: string | undefined;
  /** Whether a project without an endpoint filter sees every endpoint, or none. */
  readonly returnAllEndpointsIfNoFilter: boolean;
}

/** The enabled services with their enabled endpoints, ready to be filled in. */
interface Prepared {
  readonly services: readonly (Service & { endpoints: readonly (Endpoint & { template: EndpointUrl })[] })[];
  /** Whether any URL needs the user, or the project. */
  readonly needsUser: boolean;
  readonly needsProject: boolean;
  /** Whether the catalog of any project is restricted. */
  readonly isFiltered: boolean;
}

/** The services as a token's owner finds them. */
export class TokenCatalog {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;
  readonly #options: CatalogOptions;

  constructor(db: Db<KeystoneTables>, cache: VersionedCache, options: CatalogOptions) {
    this.#db = db;
    this.#cache = cache;
    this.#options = options;
  }

  /**
   * URLs filled in for a user and project; endpoints whose URL cannot be filled in are left out, so those that need a
   * project where there is none. One catalog is kept for all who would see the same.
   */
  async entries(userId: string, projectId: string | undefined): Promise<CatalogEntry[]> {
    const prepared = await this.#cache.get('catalog', () => this.#prepare(), [CATALOG_TAG]);
    const user = prepared.needsUser ? userId : '';
    const project = prepared.needsProject || prepared.isFiltered ? (projectId ?? '') : '';
    return this.#cache.get(`catalog ${user} ${project}`, () => this.#fill(prepared, userId, projectId), [CATALOG_TAG]);
  }

  async #prepare(): Promise<Prepared> {
    const { services, endpoints } = await enabledCatalog(this.#db.q);
    const byService = Map.groupBy(
      endpoints.flatMap((one) => {
        const template = EndpointUrl.parse(one.url);
        return template ? [{ ...one, template }] : [];
      }),
      (one) => one.serviceId,
    );
    const needs = new Set([...byService.values()].flat().flatMap((one) => one.template.needs));
    return {
      services: services.map((service) => ({ ...service, endpoints: byService.get(service.id) ?? [] })),
      needsUser: needs.has('user_id'),
      needsProject: needs.has('project_id') || needs.has('tenant_id'),
      isFiltered: await someProjectFilter(this.#db.q),
    };
  }

  async #fill(prepared: Prepared, userId: string, projectId: string | undefined): Promise<CatalogEntry[]> {
    const { publicEndpoint, returnAllEndpointsIfNoFilter } = this.#options;
    const isShown = prepared.isFiltered && projectId !== undefined ? await this.#filterOf(projectId) : undefined;
    if (!isShown && !returnAllEndpointsIfNoFilter) return [];
    const values = {
      project_id: projectId,
      tenant_id: projectId,
      user_id: userId,
      public_endpoint: publicEndpoint,
    };
    const entries = prepared.services.map(({ id, type, name, endpoints }) => ({
      id,
      type,
      name: name ?? '',
      endpoints: endpoints.flatMap((endpoint) => {
        const url = isShown?.(endpoint) === false ? undefined : endpoint.template.fill(values);
        const { id, interface: side, regionId, extra } = endpoint;
        return url === undefined ? [] : [{ id, interface: side, regionId, url, extra }];
      }),
    }));
    // As in Keystone: a service without endpoints is left out of a restricted catalog, and only there.
    return isShown ? entries.filter((one) => one.endpoints.length > 0) : entries;
  }

  /** Undefined for a project whose filter matches no endpoint at all, disabled ones included: it counts as none. */
  async #filterOf(projectId: string): Promise<((endpoint: Endpoint) => boolean) | undefined> {
    const { endpointIds, groups } = await projectFilter(this.#db.q, projectId);
    if (endpointIds.length === 0 && groups.length === 0) return undefined;
    const single = new Set(endpointIds);
    const isShown = (one: Endpoint) => single.has(one.id) || groups.some((group) => isInGroup(one, group));
    if (single.size > 0) return isShown;
    const { rows } = await listEndpoints(this.#db.q, {});
    return rows.some(isShown) ? isShown : undefined;
  }
}
