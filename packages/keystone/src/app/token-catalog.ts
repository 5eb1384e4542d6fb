import type { Db } from '@kumo/core/db';
import { enabledCatalog } from '../db/catalog.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { VersionedCache } from './versioned-cache.ts';

export interface CatalogEndpoint {
  readonly id: string;
  readonly interface: string;
  readonly regionId: string | null;
  readonly url: string;
}

export interface CatalogEntry {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly endpoints: readonly CatalogEndpoint[];
}

/** The services as a token's owner finds them. */
export class TokenCatalog {
  readonly #db: Db<KeystoneTables>;
  readonly #cache: VersionedCache;

  constructor(db: Db<KeystoneTables>, cache: VersionedCache) {
    this.#db = db;
    this.#cache = cache;
  }

  /** URLs filled in for a user and project; endpoints whose URL needs a project are left out where there is none. */
  entries(userId: string, projectId: string | undefined): Promise<CatalogEntry[]> {
    return this.#cache.get(`catalog ${userId} ${projectId ?? ''}`, async () => {
      const { services, endpoints } = await this.#cache.get('catalog', () => enabledCatalog(this.#db.q));
      const values = { project_id: projectId, tenant_id: projectId, user_id: userId };
      return services.map((service) => ({
        id: service.id,
        type: service.type,
        name: service.name ?? '',
        endpoints: endpoints
          .filter((one) => one.serviceId === service.id)
          .flatMap(({ id, interface: side, regionId, url }) => {
            const filled = fillUrl(url, values);
            return filled === undefined ? [] : [{ id, interface: side, regionId, url: filled }];
          }),
      }));
    });
  }
}

/** `$(project_id)s` and `%(project_id)s`; undefined when a value is missing. */
function fillUrl(url: string, values: Readonly<Record<string, string | undefined>>): string | undefined {
  let isWhole = true;
  const filled = url.replace(/[$%]\((\w+)\)s/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) isWhole = false;
    return value ?? '';
  });
  return isWhole ? filled : undefined;
}
