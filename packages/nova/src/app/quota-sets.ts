import type { Db } from '@kumo/core/db';
import type { NovaConfig } from '../config.ts';
import type { NovaTables } from '../db/schema.ts';
import { invalidRequest } from '../errors.ts';
import { fixedLimits, type NovaQuotas, type NovaResource } from './quotas.ts';

/** Limits under their API names; -1 is unlimited. */
export type Limits = Record<string, number>;

const COUNTED: readonly NovaResource[] = ['instances', 'cores', 'ram', 'key_pairs'];

/** Quota as the API shows and sets it. */
export class QuotaSets {
  readonly #db: Db<NovaTables>;
  readonly #quotas: NovaQuotas;
  readonly #config: NovaConfig;

  constructor(db: Db<NovaTables>, quotas: NovaQuotas, config: NovaConfig) {
    this.#db = db;
    this.#quotas = quotas;
    this.#config = config;
  }

  async limits(projectId: string): Promise<Limits> {
    return this.#whole(await this.#quotas.limits(projectId));
  }

  async defaults(): Promise<Limits> {
    return this.#whole(await this.#quotas.classLimits());
  }

  /** What a project uses now. */
  async usage(projectId: string): Promise<Limits> {
    return this.#quotas.usage(projectId);
  }

  /**
   * Sets a project's limits. @throws 400 for a limit that this cloud does not count, one below -1, or (without `force`)
   * below what is in use.
   */
  async update(projectId: string, wanted: Limits, force: boolean): Promise<Limits> {
    const counted = settable(wanted);
    const usage = await this.usage(projectId);
    for (const [resource, limit] of Object.entries(counted)) {
      const used = usage[resource] ?? 0;
      if (!force && limit >= 0 && limit < used)
        throw invalidRequest({
          message: `Quota limit ${limit} for ${resource} must be greater than or equal to already used and reserved ${used}.`,
        });
    }
    await this.#quotas.setLimits(projectId, counted);
    return this.limits(projectId);
  }

  async reset(projectId: string): Promise<void> {
    await this.#quotas.deleteLimits(projectId);
  }

  /** Classes other than `default` are remembered and have no effect, as in Nova. */
  async classLimits(className: string): Promise<Limits> {
    return this.#whole(await this.#quotas.classLimits(className));
  }

  async updateClass(className: string, wanted: Limits): Promise<Limits> {
    await this.#quotas.setClassLimits(settable(wanted), className);
    return this.classLimits(className);
  }

  /** Servers of a project that count, for `limits`. */
  async serverCount(projectId: string): Promise<number> {
    const { count } = await this.#db.q
      .selectFrom('servers')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('deleted', '=', 0)
      .where('project_id', '=', projectId)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  #whole(counted: Record<NovaResource, number>): Limits {
    return {
      ...counted,
      metadata_items: this.#config.quota.metadataItems,
      server_groups: fixedLimits.serverGroups,
      server_group_members: fixedLimits.serverGroupMembers,
      injected_files: fixedLimits.personality,
      injected_file_content_bytes: fixedLimits.personalityBytes,
      injected_file_path_bytes: fixedLimits.personalityPathBytes,
    };
  }
}

function settable(wanted: Limits): Partial<Record<NovaResource, number>> {
  for (const [resource, limit] of Object.entries(wanted)) {
    if (!COUNTED.includes(resource as NovaResource))
      throw invalidRequest({
        message: `The quota of ${resource} is the same for every project here and cannot be set.`,
      });
    if (limit < -1 || limit > 0x7fffffff)
      throw invalidRequest({
        message: `Invalid input for field/attribute ${resource}. Value: ${limit}. It must be between -1 and ${0x7fffffff}`,
      });
  }
  return wanted;
}
