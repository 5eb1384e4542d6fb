import { randomUUID } from 'node:crypto';
import { insertIgnore, nowIso } from '@kumo/core/db';
import type { ServiceRow } from './schema.ts';
import type { Queries } from './servers.ts';

/** A heartbeat; the first one makes the row. @returns whether an admin disabled the service. */
export async function reportService(q: Queries, host: string, binary: string): Promise<{ disabled: boolean }> {
  const beat = async () => {
    const now = nowIso();
    const { numUpdatedRows } = await q
      .updateTable('services')
      .set((eb) => ({ report_count: eb('report_count', '+', 1), last_seen_up: now, updated_at: now }))
      .where('host', '=', host)
      .where('binary_name', '=', binary)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  };
  if (!(await beat())) {
    const now = nowIso();
    const row: ServiceRow = {
      id: randomUUID(),
      host,
      binary_name: binary,
      report_count: 0,
      last_seen_up: null,
      disabled: 0,
      disabled_reason: null,
      forced_down: 0,
      created_at: now,
      updated_at: now,
    };
    await insertIgnore(q, 'services', [row]);
    await beat();
  }
  const { disabled } = await q
    .selectFrom('services')
    .select('disabled')
    .where('host', '=', host)
    .where('binary_name', '=', binary)
    .executeTakeFirstOrThrow();
  return { disabled: disabled !== 0 };
}
