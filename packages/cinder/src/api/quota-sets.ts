import { operation } from '@kumo/core/http';
import { LooseInteger, QueryBoolean } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { admin, reader } from './policies.ts';
import { PathId } from './shared-schemas.ts';

// In a URL with a project the first {project_id} is the caller's: the one asked about is the target.
const QuotaParams = T.Object({ target_project_id: PathId });
const ClassParams = T.Object({ quota_class_name: PathId });
/** Numbers by resource, or with `usage=true` `{limit, in_use, reserved, allocated?}` each; and `id`. */
const QuotaSet = T.Record(T.String(), T.Unknown());
const Limits = T.Record(
  T.String({ pattern: '^[^\\x00]{1,300}$' }),
  T.Union([LooseInteger, T.String({ maxLength: 255 }), T.Null()]),
  { maxProperties: 512 },
);

export const showQuotaSet = operation({
  name: 'showQuotaSet',
  method: 'GET',
  path: '/v3/os-quota-sets/{target_project_id}',
  policy: reader('volume_extension:quotas:show'),
  authorize: 'resource',
  params: QuotaParams,
  query: T.Object({ usage: T.Optional(QueryBoolean) }, { additionalProperties: true }),
  reply: T.Object({ quota_set: QuotaSet }),
  errors: [401, 403],
});

export const showDefaultQuotaSet = operation({
  name: 'showDefaultQuotaSet',
  method: 'GET',
  path: '/v3/os-quota-sets/{target_project_id}/defaults',
  policy: showQuotaSet.policy,
  authorize: 'resource',
  params: QuotaParams,
  reply: T.Object({ quota_set: QuotaSet }),
  errors: [401, 403],
});

export const updateQuotaSet = operation({
  name: 'updateQuotaSet',
  method: 'PUT',
  path: '/v3/os-quota-sets/{target_project_id}',
  policy: admin('volume_extension:quotas:update'),
  params: QuotaParams,
  body: T.Object({ quota_set: Limits }),
  reply: T.Object({ quota_set: QuotaSet }),
  errors: [400, 401, 403],
});

export const deleteQuotaSet = operation({
  name: 'deleteQuotaSet',
  method: 'DELETE',
  path: '/v3/os-quota-sets/{target_project_id}',
  policy: admin('volume_extension:quotas:delete'),
  params: QuotaParams,
  status: 200,
  errors: [401, 403],
});

export const showQuotaClass = operation({
  name: 'showQuotaClass',
  method: 'GET',
  path: '/v3/os-quota-class-sets/{quota_class_name}',
  policy: admin('volume_extension:quota_classes:get'),
  params: ClassParams,
  reply: T.Object({ quota_class_set: QuotaSet }),
  errors: [401, 403],
});

export const updateQuotaClass = operation({
  name: 'updateQuotaClass',
  method: 'PUT',
  path: '/v3/os-quota-class-sets/{quota_class_name}',
  policy: admin('volume_extension:quota_classes:update'),
  params: ClassParams,
  body: T.Object({ quota_class_set: Limits }),
  reply: T.Object({ quota_class_set: QuotaSet }),
  errors: [400, 401, 403],
});

export const showLimits = operation({
  name: 'showLimits',
  method: 'GET',
  path: '/v3/limits',
  policy: reader('limits_extension:used_limits'),
  query: T.Object({ project_id: T.Optional(T.String({ maxLength: 255 })) }, { additionalProperties: true }),
  reply: T.Object({ limits: T.Object({ rate: T.Array(T.Unknown()), absolute: T.Record(T.String(), T.Integer()) }) }),
  errors: [401, 403],
});
