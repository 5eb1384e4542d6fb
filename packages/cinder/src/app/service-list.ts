import { fromIso } from '@kumo/core/db';
import type { CinderConfig } from '../config.ts';
import type { CinderDb } from '../db/schema.ts';
import { listServiceRecords, type ServiceRecord, setServiceDisabled } from '../db/services.ts';
import { serviceNotFound } from '../errors.ts';

export interface ServiceState extends ServiceRecord {
  isUp: boolean;
}

/** Cinder's daemons: where they are, whether they live, what back ends have to offer. */
export class ServiceList {
  readonly #db: CinderDb;
  readonly #config: CinderConfig;

  constructor(db: CinderDb, config: CinderConfig) {
    this.#db = db;
    this.#config = config;
  }

  async list(filter: { binary?: string; host?: string } = {}): Promise<ServiceState[]> {
    const now = Date.now();
    const records = await listServiceRecords(this.#db.q, filter);
    return records.map((one) => ({ ...one, isUp: now - fromIso(one.updatedAt) < this.#config.serviceDownAfterMs }));
  }

  /** @throws serviceNotFound. */
  async setDisabled(which: { binary: string; host: string }, disabled: boolean, reason: string | null): Promise<void> {
    const found = (await this.list(which)).find(({ host }) => host === which.host);
    if (!found) throw serviceNotFound(which);
    await setServiceDisabled(this.#db.q, found.id, disabled, reason);
  }

  /** The back ends' pools. */
  async pools(): Promise<ServiceState[]> {
    return (await this.list({ binary: 'cinder-volume' })).filter(({ stats }) => stats !== null);
  }

  /** Zones, with whether a volume can be made there. */
  async zones(): Promise<{ name: string; available: boolean }[]> {
    const all = await this.list({ binary: 'cinder-volume' });
    const names = new Set([this.#config.availabilityZone, ...all.map(({ availabilityZone }) => availabilityZone)]);
    return [...names].sort().map((name) => {
      const own = all.filter((one) => one.availabilityZone === name);
      return { name, available: own.length === 0 || own.some((one) => !one.disabled) };
    });
  }

  get overSubscription(): { ratio: number; reservedPercentage: number } {
    return { ratio: this.#config.maxOverSubscriptionRatio, reservedPercentage: this.#config.reservedPercentage };
  }
}
