import { implement, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { QuotaSets } from '../app/quota-sets.ts';
import {
  deleteQuotaSet,
  showDefaultQuotaSet,
  showLimits,
  showQuotaClass,
  showQuotaSet,
  updateQuotaClass,
  updateQuotaSet,
} from './quota-sets.ts';

export function quotaRoutes(quotas: QuotaSets): Route[] {
  return [
    implement(showQuotaSet, async ({ params, query, authorize }) => {
      const id = params.target_project_id;
      authorize({ project_id: id });
      return { quota_set: { id, ...(parseBoolean(query.usage) ? await quotas.uses(id) : await quotas.limits(id)) } };
    }),
    implement(showDefaultQuotaSet, async ({ params, authorize }) => {
      const id = params.target_project_id;
      authorize({ project_id: id });
      return { quota_set: { id, ...(await quotas.classLimits()) } };
    }),
    implement(updateQuotaSet, async ({ params, body }) => ({
      quota_set: await quotas.update(params.target_project_id, body.quota_set),
    })),
    implement(deleteQuotaSet, ({ params }) => quotas.reset(params.target_project_id)),
    implement(showQuotaClass, async ({ params }) => ({
      quota_class_set: { id: params.quota_class_name, ...(await quotas.classLimits(params.quota_class_name)) },
    })),
    implement(updateQuotaClass, async ({ params, body }) => ({
      quota_class_set: await quotas.updateClass(params.quota_class_name, body.quota_class_set),
    })),
    implement(showLimits, async ({ ctx, query, allows }) => {
      const asked =
        query.project_id !== undefined && allows(showLimits.policy.name, { project_id: query.project_id })
          ? query.project_id
          : ctx.projectId;
      const uses = await quotas.uses(asked ?? '');
      const value = (name: string, key: 'limit' | 'in_use') => uses[name]?.[key] ?? 0;
      return {
        limits: {
          rate: [],
          absolute: {
            maxTotalVolumes: value('volumes', 'limit'),
            maxTotalSnapshots: value('snapshots', 'limit'),
            maxTotalVolumeGigabytes: value('gigabytes', 'limit'),
            maxTotalBackups: value('backups', 'limit'),
            maxTotalBackupGigabytes: value('backup_gigabytes', 'limit'),
            totalVolumesUsed: value('volumes', 'in_use'),
            totalSnapshotsUsed: value('snapshots', 'in_use'),
            totalGigabytesUsed: value('gigabytes', 'in_use'),
            totalBackupsUsed: value('backups', 'in_use'),
            totalBackupGigabytesUsed: value('backup_gigabytes', 'in_use'),
          },
        },
      };
    }),
  ];
}
