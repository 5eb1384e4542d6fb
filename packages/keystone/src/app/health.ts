import { existsSync } from 'node:fs';
import type { Logger } from '@kumo/core/log';
import type { Changes } from '../db/changes.ts';

export interface HealthReport {
  readonly isHealthy: boolean;
  /** In oslo.middleware's words. */
  readonly reason: string;
}

/** Whether load balancers should send requests here. */
export class Health {
  readonly #parts: { changes: Changes; log: Logger; disableFile: string | undefined };

  /** @param parts.disableFile an operator takes this Keystone out of service by creating it. */
  constructor(parts: { changes: Changes; log: Logger; disableFile: string | undefined }) {
    this.#parts = parts;
  }

  /** Asks the database no more often than requests do. */
  async look(): Promise<HealthReport> {
    const { changes, log, disableFile } = this.#parts;
    if (disableFile !== undefined && existsSync(disableFile)) return { isHealthy: false, reason: 'DISABLED BY FILE' };
    try {
      await changes.version();
      return { isHealthy: true, reason: 'OK' };
    } catch (error) {
      log.warn({ err: error }, 'the database does not answer: is it up, and is the setting database right?');
      return { isHealthy: false, reason: 'DATABASE UNAVAILABLE' };
    }
  }
}
