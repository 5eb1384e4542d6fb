import type { Quotas } from '@kumo/core/quota';
import { type QuotaResource, quotaResources } from '../api/quotas.ts';
import type { NeutronTables } from '../db/schema.ts';
import type { NeutronDb } from '../db/table.ts';
import { invalidInput, quotaNotFound } from '../errors.ts';

export type Limits = Record<QuotaResource, number>;

/** Limits of projects, and what is used of them. */
export class QuotaLimits {
  readonly #db: NeutronDb;
  readonly #quota: Quotas<NeutronTables, QuotaResource>;

  constructor(db: NeutronDb, quota: Quotas<NeutronTables, QuotaResource>) {
    this.#db = db;
    this.#quota = quota;
  }

  show(projectId: string): Promise<Limits> {
    return this.#quota.limits(projectId);
  }

  defaults(): Promise<Limits> {
    return this.#quota.classLimits();
  }

  async details(projectId: string): Promise<Record<string, { limit: number; used: number; reserved: number }>> {
    const [limits, used] = [await this.#quota.limits(projectId), await this.#quota.usage(projectId)];
    return Object.fromEntries(
      quotaResources.map((name) => [name, { limit: limits[name], used: used[name], reserved: 0 }]),
    );
  }

  /** Projects with limits of their own. */
  async list(): Promise<{ projectId: string; limits: Limits }[]> {
    const rows = await this.#db.q
      .selectFrom('quota_limits')
      .select('project_id')
      .distinct()
      .orderBy('project_id')
      .execute();
    const found: { projectId: string; limits: Limits }[] = [];
    for (const { project_id: projectId } of rows)
      found.push({ projectId, limits: await this.#quota.limits(projectId) });
    return found;
  }

  /** @throws invalidInput, with `checkLimit`, for a limit below what is used. */
  async update(projectId: string, limits: Partial<Limits>, options: { checkLimit: boolean }): Promise<Limits> {
    if (options.checkLimit) {
      const used = await this.#quota.usage(projectId);
      const low = quotaResources.find((name) => (limits[name] ?? -1) >= 0 && (limits[name] as number) < used[name]);
      if (low)
        throw invalidInput({ reason: `Quota limit for resource "${low}" is lower than its usage of ${used[low]}` });
    }
    await this.#quota.setLimits(projectId, limits);
    return this.#quota.limits(projectId);
  }

  async delete(projectId: string): Promise<void> {
    const own = await this.#db.q
      .selectFrom('quota_limits')
      .select('resource')
      .where('project_id', '=', projectId)
      .executeTakeFirst();
    if (!own) throw quotaNotFound({ projectId });
    await this.#quota.deleteLimits(projectId);
  }
}
