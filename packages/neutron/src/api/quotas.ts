import { operation } from '@kumo/core/http';
import { policy } from '@kumo/core/policy';
import { Type as T } from 'typebox';
import { PROJECT } from './policies.ts';

export const quotaResources = [
  'network',
  'subnet',
  'port',
  'router',
  'floatingip',
  'security_group',
  'security_group_rule',
] as const;
export type QuotaResource = (typeof quotaResources)[number];

const Limits = T.Record(T.String(), T.Integer());
const Limit = T.Optional(
  T.Union([
    T.Integer({ minimum: -1, maximum: 0x7fffffff }),
    T.String({ pattern: '^(-1|[0-9]{1,9})$', form: 'a whole number from -1 on' }),
  ]),
);
const read = policy('get_quota', '(rule:admin_only) or (role:manager and project_id:%(project_id)s)', PROJECT);

export const listQuotas = operation({
  name: 'listQuotas',
  method: 'GET',
  path: '/v2.0/quotas',
  policy: policy('get_quota', '(rule:admin_only) or (role:manager and project_id:%(project_id)s)', PROJECT),
  reply: T.Object({ quotas: T.Array(T.Record(T.String(), T.Unknown())) }),
  errors: [401, 403],
});

export const showQuota = operation({
  name: 'showQuota',
  method: 'GET',
  path: '/v2.0/quotas/{project_id}',
  policy: read,
  reply: T.Object({ quota: Limits }),
  errors: [401, 403],
});

export const showDefaultQuota = operation({
  name: 'showDefaultQuota',
  method: 'GET',
  path: '/v2.0/quotas/{project_id}/default',
  policy: read,
  reply: T.Object({ quota: Limits }),
  errors: [401, 403],
});

const details = {
  policy: read,
  reply: T.Object({
    quota: T.Record(T.String(), T.Object({ limit: T.Integer(), used: T.Integer(), reserved: T.Integer() })),
  }),
  errors: [401, 403],
} as const;

export const showQuotaDetails = operation({
  name: 'showQuotaDetails',
  method: 'GET',
  path: '/v2.0/quotas/{project_id}/details',
  ...details,
});

/** The path under which the API reference and clients know it. */
export const showQuotaDetailsJson = operation({
  name: 'showQuotaDetailsJson',
  method: 'GET',
  path: '/v2.0/quotas/{project_id}/details.json',
  ...details,
});

export const updateQuota = operation({
  name: 'updateQuota',
  method: 'PUT',
  path: '/v2.0/quotas/{project_id}',
  policy: policy('update_quota', 'rule:admin_only', PROJECT),
  body: T.Object(
    {
      quota: T.Object(
        {
          network: Limit,
          subnet: Limit,
          port: Limit,
          router: Limit,
          floatingip: Limit,
          security_group: Limit,
          security_group_rule: Limit,
          check_limit: T.Optional(T.Boolean()),
          force: T.Optional(T.Boolean()),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  reply: T.Object({ quota: Limits }),
  errors: [400, 401, 403],
});

export const deleteQuota = operation({
  name: 'deleteQuota',
  method: 'DELETE',
  path: '/v2.0/quotas/{project_id}',
  policy: policy('delete_quota', 'rule:admin_only', PROJECT),
  errors: [401, 403, 404],
});
