import { randomUUID } from 'node:crypto';
import { insertIgnore, nowIso } from '@kumo/core/db';
import type { Queries } from './schema.ts';

/** What a back end says of itself. */
export interface BackendReport {
  backendName: string;
  pool: string;
  driver: string;
  totalGb: number;
  freeGb: number;
  provisionedGb: number;
  thinProvisioning: boolean;
  volumes: number;
}

export interface ServiceRecord {
  id: string;
  binary: string;
  host: string;
  availabilityZone: string;
  disabled: boolean;
  disabledReason: string | null;
  stats: BackendReport | null;
  updatedAt: string;
}

/** Says that a daemon is there; the first time it is written down. */
export async function reportService(
  q: Queries,
  report: { binary: string; host: string; availabilityZone: string; stats?: BackendReport },
): Promise<void> {
  const now = nowIso();
  const stats = report.stats ? JSON.stringify(report.stats) : null;
  const known = { availability_zone: report.availabilityZone, stats, updated_at: now };
  const { numUpdatedRows } = await q
    .updateTable('services')
    .set(known)
    .where('binary_name', '=', report.binary)
    .where('host', '=', report.host)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;
  const row = {
    id: randomUUID(),
    binary_name: report.binary,
    host: report.host,
    disabled: 0,
    disabled_reason: null,
    created_at: now,
    ...known,
  };
  await insertIgnore(q, 'services', [row]);
}

export async function listServiceRecords(
  q: Queries,
  filter: { binary?: string; host?: string } = {},
): Promise<ServiceRecord[]> {
  let query = q.selectFrom('services').selectAll().orderBy('binary_name').orderBy('host');
  if (filter.binary !== undefined) query = query.where('binary_name', '=', filter.binary);
  const rows = await query.execute();
  return rows
    .filter(({ host }) => filter.host === undefined || host === filter.host || host.split('@')[0] === filter.host)
    .map((row) => ({
      id: row.id,
      binary: row.binary_name,
      host: row.host,
      availabilityZone: row.availability_zone,
      disabled: row.disabled === 1,
      disabledReason: row.disabled_reason,
      stats: row.stats === null ? null : JSON.parse(row.stats),
      updatedAt: row.updated_at,
    }));
}

export async function setServiceDisabled(
  q: Queries,
  id: string,
  disabled: boolean,
  reason: string | null,
): Promise<void> {
  await q
    .updateTable('services')
    .set({ disabled: Number(disabled), disabled_reason: reason })
    .where('id', '=', id)
    .execute();
}
