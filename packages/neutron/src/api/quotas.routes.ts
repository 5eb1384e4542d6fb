import { implement, type Route } from '@kumo/core/http';
import type { Limits, QuotaLimits } from '../app/quota-limits.ts';
import {
  deleteQuota,
  listQuotas,
  quotaResources,
  showDefaultQuota,
  showQuota,
  showQuotaDetails,
  showQuotaDetailsJson,
  updateQuota,
} from './quotas.ts';

export function quotaRoutes(quota: QuotaLimits): Route[] {
  return [
    implement(listQuotas, async () => {
      const all = await quota.list();
      return {
        quotas: all.map(({ projectId, limits }) => ({ project_id: projectId, tenant_id: projectId, ...limits })),
      };
    }),
    implement(showQuota, async ({ params }) => ({ quota: await quota.show(params.project_id) })),
    implement(showDefaultQuota, async () => ({ quota: await quota.defaults() })),
    implement(showQuotaDetails, async ({ params }) => ({ quota: await quota.details(params.project_id) })),
    implement(showQuotaDetailsJson, async ({ params }) => ({ quota: await quota.details(params.project_id) })),
    implement(updateQuota, async ({ params, body }) => {
      const { check_limit: checkLimit = false, ...given } = body.quota;
      const wanted: Partial<Limits> = {};
      for (const name of quotaResources) if (given[name] !== undefined) wanted[name] = Number(given[name]);
      return { quota: await quota.update(params.project_id, wanted, { checkLimit }) };
    }),
    implement(deleteQuota, ({ params }) => quota.delete(params.project_id)),
  ];
}
