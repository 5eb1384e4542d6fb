import type { Db } from '@kumo/core/db';
import { type QuotaExcess, type Quotas, quotas } from '@kumo/core/quota';
import type { Transaction } from 'kysely';
import type { NovaConfig } from '../config.ts';
import type { NovaTables } from '../db/schema.ts';
import { markServerDeleted, type Queries, type Server } from '../db/servers.ts';
import { keyPairQuotaExceeded, quotaExceeded } from '../errors.ts';

export type NovaResource = 'instances' | 'cores' | 'ram' | 'key_pairs';
export type NovaQuotas = Quotas<NovaTables, NovaResource>;

/** Limits that are not counted in the database: each request is held against them by itself. */
export const fixedLimits = {
  serverGroups: 10,
  serverGroupMembers: 10,
  /** Files are not injected: config drive and user data carry them. */
  personality: 0,
  personalityBytes: 10_240,
  personalityPathBytes: 255,
} as const;

export function novaQuotas(db: Db<NovaTables>, config: NovaConfig): NovaQuotas {
  const { instances, cores, ramMb, keyPairs } = config.quota;
  return quotas(db, {
    resources: { instances, cores, ram: ramMb, key_pairs: keyPairs },
    over: (_, all) => overQuota(all),
  });
}

function overQuota(all: readonly QuotaExcess[]) {
  if (all.some(({ resource }) => resource === 'key_pairs')) return keyPairQuotaExceeded();
  const order = ['cores', 'instances', 'ram'];
  const sorted = all.toSorted((a, b) => order.indexOf(a.resource) - order.indexOf(b.resource));
  const list = (value: (excess: QuotaExcess) => unknown) => sorted.map(value).join(', ');
  return quotaExceeded({
    overs: list(({ resource }) => resource),
    requested: list(({ requested }) => requested),
    used: list(({ used }) => used),
    allowed: list(({ limit }) => limit),
    resources: list(({ resource }) => resource),
  });
}

/** What so many servers of a flavor count for. */
export function usageOf(flavor: { vcpus: number; memoryMb: number }, count = 1) {
  return { instances: count, cores: flavor.vcpus * count, ram: flavor.memoryMb * count };
}

/**
 * The end of a server's life: marks it deleted and gives its quota back, once, however often it is called.
 * @returns whether this call did it.
 */
export async function deleteServerRecord(
  tx: Transaction<NovaTables>,
  quotas: NovaQuotas,
  server: Pick<Server, 'id' | 'projectId' | 'flavor'>,
): Promise<boolean> {
  if (!(await markServerDeleted(tx as Queries, server.id))) return false;
  await tx.deleteFrom('block_device_mappings').where('server_id', '=', server.id).execute();
  await quotas.refund(tx, server.projectId, usageOf(server.flavor));
  return true;
}
