import { invalidInput } from '../errors.ts';
import type { VolumeQuota } from './quota.ts';
import type { VolumeTypes } from './volume-types.ts';

export interface QuotaUse {
  limit: number;
  in_use: number;
  reserved: number;
}

/** Quotas as users and admins see and set them. */
export class QuotaSets {
  readonly #quota: VolumeQuota;
  readonly #types: VolumeTypes;

  constructor(quota: VolumeQuota, types: VolumeTypes) {
    this.#quota = quota;
    this.#types = types;
  }

  async limits(projectId: string): Promise<Record<string, number>> {
    return this.#quota.limits(projectId, await this.#types.all());
  }

  /** Limits together with what is in use. What is charged is in use: nothing is only reserved. */
  async uses(projectId: string): Promise<Record<string, QuotaUse>> {
    const types = await this.#types.all();
    const [limits, usage] = [await this.#quota.limits(projectId, types), await this.#quota.usage(projectId, types)];
    return Object.fromEntries(
      Object.entries(limits).map(([name, limit]) => [name, { limit, in_use: usage[name] ?? 0, reserved: 0 }]),
    );
  }

  async classLimits(className = 'default'): Promise<Record<string, number>> {
    return this.#quota.classLimits(className, await this.#types.all());
  }

  /** @throws invalidInput for an unknown resource or a value that is no limit. */
  async update(projectId: string, values: Record<string, unknown>): Promise<Record<string, number>> {
    await this.#quota.setLimits(projectId, limitsOf(values), await this.#types.all());
    return this.limits(projectId);
  }

  async updateClass(className: string, values: Record<string, unknown>): Promise<Record<string, number>> {
    await this.#quota.setClassLimits(className, limitsOf(values), await this.#types.all());
    return this.classLimits(className);
  }

  /** Back to the defaults. */
  async reset(projectId: string): Promise<void> {
    await this.#quota.deleteLimits(projectId);
  }
}

/** What clients send besides limits. */
const NO_RESOURCE = new Set(['tenant_id', 'id', 'class_name', 'force', 'skip_validation']);

function limitsOf(values: Record<string, unknown>): Record<string, number> {
  const entries = Object.entries(values).filter(([name, value]) => !NO_RESOURCE.has(name) && value !== null);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const limit = Number(value);
      if (!Number.isInteger(limit) || limit < -1 || limit > 0x7fffffff)
        throw invalidInput({ reason: `${name.slice(0, 64)} must be a whole number from -1 (unlimited) to 2147483647` });
      return [name, limit];
    }),
  );
}
