export { type OwnCount, type QuotaExcess, type QuotaOptions, type QuotaOwner, type Quotas, quotas } from './quotas.ts';
export { type QuotaTables, quotaMigration } from './tables.ts';
