import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { CinderConfig } from '../config.ts';
import type { CinderDb } from '../db/schema.ts';
import { type BackendReport, reportService } from '../db/services.ts';
import type { VolumeDriver } from '../drivers/volume/index.ts';

/** Tells the database now and then that a daemon is there. */
export function heartbeat(parts: {
  db: CinderDb;
  config: CinderConfig;
  binary: string;
  host: string;
  stats?: () => Promise<BackendReport>;
  log: Logger;
}): { reporter: Reconciler; report(): Promise<void> } {
  const { db, config, binary, host, stats, log } = parts;
  const report = async () =>
    reportService(db.q, { binary, host, availabilityZone: config.availabilityZone, stats: await stats?.() });
  const reporter = reconciler({
    name: 'report',
    intervalMs: config.reportIntervalMs,
    keys: async () => [binary],
    reconcile: report,
    log,
  });
  return { reporter, report };
}

export async function backendReport(driver: VolumeDriver, backendName: string): Promise<BackendReport> {
  const { totalGb, freeGb, provisionedGb, thinProvisioning, volumes } = await driver.stats();
  return {
    backendName,
    pool: backendName,
    driver: driver.name,
    totalGb,
    freeGb,
    provisionedGb,
    thinProvisioning,
    volumes,
  };
}
