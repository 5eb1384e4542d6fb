/**
 * Limits and their use. `quotas(db, { resources: {instances: 10, cores: 20, …}, error })` → `charge(tx, projectId,
 * {instances: 1})`, `refund(tx, …)`, `usage(projectId)`, `limits(projectId)`, `setLimits`. Rows in `quota_usages`,
 * `quota_limits`.
 */

export { type OwnCount, type QuotaExcess, type QuotaOptions, type QuotaOwner, type Quotas, quotas } from './quotas.ts';
export { type QuotaTables, quotaMigration } from './tables.ts';
