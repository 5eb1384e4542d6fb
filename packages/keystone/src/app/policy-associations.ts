import type { Filter } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { type Endpoint, findEndpoint, findRegion, findService, listEndpoints, listRegions } from '../db/catalog.ts';
import {
  deleteAssociation,
  findPolicy,
  type PolicyPlace,
  placesOfPolicy,
  policyIdOf,
  type StoredPolicy,
  setAssociation,
} from '../db/policies.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { missing, notFound } from '../errors.ts';
import { refusingReferences } from './references-kept.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** Which policy document is for which endpoints. */
export class PolicyAssociations {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  /** Instead of the one that the place had. @throws notFound of the policy or of what the place names. */
  async set(policyId: string, place: PolicyPlace): Promise<void> {
    await this.#bothExist(policyId, place);
    await refusingReferences(() => this.#write((tx) => setAssociation(tx, policyId, place)), {
      gone: notFound({ kind: 'policy', id: policyId }),
    });
  }

  /** @throws notFound of the policy or of what the place names; missing when it is for another or none. */
  async check(policyId: string, place: PolicyPlace): Promise<void> {
    await this.#bothExist(policyId, place);
    if ((await policyIdOf(this.#parts.db.q, place)) !== policyId)
      throw missing({ message: 'Could not find policy association.' });
  }

  /** Also where there was none. @throws notFound of the policy or of what the place names. */
  async remove(policyId: string, place: PolicyPlace): Promise<void> {
    await this.#bothExist(policyId, place);
    await this.#write((tx) => deleteAssociation(tx, policyId, place));
  }

  /** Every endpoint that a policy is named for; that of a region is for the regions below it too. @throws notFound */
  async endpointsOf(policyId: string): Promise<Endpoint[]> {
    await this.#policy(policyId);
    const { q } = this.#parts.db;
    const found = new Map<string, Endpoint>();
    for (const { endpointId, serviceId, regionId } of await placesOfPolicy(q, policyId)) {
      const filters: Filter[] = [];
      if (endpointId !== undefined) filters.push({ column: 'id', op: 'eq', value: endpointId });
      if (serviceId !== undefined) filters.push({ column: 'service_id', op: 'eq', value: serviceId });
      if (regionId !== undefined)
        filters.push({ column: 'region_id', op: 'in', value: await this.#regionsBelow(regionId) });
      for (const endpoint of (await listEndpoints(q, { filters })).rows) found.set(endpoint.id, endpoint);
    }
    return [...found.values()];
  }

  /**
   * The policy that counts for an endpoint: its own, else that of its service in its region or the nearest region above,
   * else that of its service. @throws notFound of the endpoint, missing when there is no policy.
   */
  async effective(endpointId: string): Promise<StoredPolicy> {
    const { q } = this.#parts.db;
    const endpoint = await findEndpoint(q, endpointId);
    if (!endpoint) throw notFound({ kind: 'endpoint', id: endpointId });
    const id = (await policyIdOf(q, { endpointId })) ?? (await this.#policyOfService(endpoint));
    const policy = id === undefined ? undefined : await findPolicy(q, id);
    if (!policy) throw missing({ message: `No policy is associated with endpoint ${endpointId}.` });
    return policy;
  }

  async #policyOfService({ serviceId, regionId }: Endpoint): Promise<string | undefined> {
    const { q } = this.#parts.db;
    const seen = new Set<string>();
    for (let at = regionId; at !== null && !seen.has(at); ) {
      const id = await policyIdOf(q, { serviceId, regionId: at });
      if (id !== undefined) return id;
      seen.add(at);
      at = (await findRegion(q, at))?.parentRegionId ?? null;
    }
    return policyIdOf(q, { serviceId });
  }

  /** A region and all below it. */
  async #regionsBelow(regionId: string): Promise<string[]> {
    const found = new Set([regionId]);
    let level = [regionId];
    while (level.length > 0) {
      const filters = [{ column: 'parent_region_id', op: 'in', value: level }] as const;
      const { rows } = await listRegions(this.#parts.db.q, { filters });
      level = rows.map((one) => one.id).filter((id) => !found.has(id));
      for (const id of level) found.add(id);
    }
    return [...found];
  }

  async #policy(id: string): Promise<void> {
    if (!(await findPolicy(this.#parts.db.q, id))) throw notFound({ kind: 'policy', id });
  }

  async #bothExist(policyId: string, { endpointId, serviceId, regionId }: PolicyPlace): Promise<void> {
    const { q } = this.#parts.db;
    await this.#policy(policyId);
    if (endpointId !== undefined && !(await findEndpoint(q, endpointId)))
      throw notFound({ kind: 'endpoint', id: endpointId });
    if (serviceId !== undefined && !(await findService(q, serviceId)))
      throw notFound({ kind: 'service', id: serviceId });
    if (regionId !== undefined && !(await findRegion(q, regionId))) throw notFound({ kind: 'region', id: regionId });
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, []);
  }
}
