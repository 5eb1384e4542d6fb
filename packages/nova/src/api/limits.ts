import { operation } from '@kumo/core/http';
import { since, until } from '@kumo/core/microversion';
import { LooseBoolean, LooseInteger } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { admin, anyone, reader, service } from './policies.ts';
import { strict } from './shared-schemas.ts';

export const showLimits = operation({
  name: 'showLimits',
  method: 'GET',
  path: '/v2.1/limits',
  policy: anyone('limits'),
  query: T.Object({
    tenant_id: T.Optional(T.String({ maxLength: 255 })),
    reserved: T.Optional(T.String({ maxLength: 8 })),
  }),
  reply: T.Object({ limits: T.Object({ rate: T.Array(T.Unknown()), absolute: T.Record(T.String(), T.Integer()) }) }),
  errors: [400, 401, 403],
});

const ProjectParams = T.Object({ project_id: T.String({ maxLength: 255 }) });
const UserQuery = T.Object({ user_id: T.Optional(T.String({ maxLength: 255 })) });
const QuotaSet = T.Object({ quota_set: T.Record(T.String(), T.Unknown()) });
const Limit = T.Optional(LooseInteger);
const counted = {
  instances: Limit,
  cores: Limit,
  ram: Limit,
  key_pairs: Limit,
  metadata_items: Limit,
  server_groups: Limit,
  server_group_members: Limit,
  injected_files: T.Optional(until('2.57', LooseInteger)),
  injected_file_content_bytes: T.Optional(until('2.57', LooseInteger)),
  injected_file_path_bytes: T.Optional(until('2.57', LooseInteger)),
  fixed_ips: T.Optional(until('2.36', LooseInteger)),
  floating_ips: T.Optional(until('2.36', LooseInteger)),
  security_groups: T.Optional(until('2.36', LooseInteger)),
  security_group_rules: T.Optional(until('2.36', LooseInteger)),
};
export const showQuota = operation({
  name: 'showQuota',
  method: 'GET',
  path: '/v2.1/os-quota-sets/{project_id}',
  policy: reader('os-quota-sets:show'),
  params: ProjectParams,
  query: UserQuery,
  reply: QuotaSet,
  errors: [400, 401, 403],
});
export const showQuotaDetail = operation({
  name: 'showQuotaDetail',
  method: 'GET',
  path: '/v2.1/os-quota-sets/{project_id}/detail',
  policy: reader('os-quota-sets:detail'),
  params: ProjectParams,
  query: UserQuery,
  reply: QuotaSet,
  errors: [400, 401, 403],
});
export const showQuotaDefaults = operation({
  name: 'showQuotaDefaults',
  method: 'GET',
  path: '/v2.1/os-quota-sets/{project_id}/defaults',
  policy: anyone('os-quota-sets:defaults'),
  params: ProjectParams,
  reply: QuotaSet,
  errors: [400, 401, 403],
});
export const updateQuota = operation({
  name: 'updateQuota',
  method: 'PUT',
  path: '/v2.1/os-quota-sets/{project_id}',
  policy: admin('os-quota-sets:update'),
  params: ProjectParams,
  query: UserQuery,
  body: strict({
    quota_set: strict({
      ...counted,
      force: T.Optional(LooseBoolean),
      tenant_id: T.Optional(T.String({ maxLength: 255 })),
    }),
  }),
  reply: QuotaSet,
  errors: [400, 401, 403],
});
export const deleteQuota = operation({
  name: 'deleteQuota',
  method: 'DELETE',
  path: '/v2.1/os-quota-sets/{project_id}',
  policy: admin('os-quota-sets:delete'),
  params: ProjectParams,
  query: UserQuery,
  status: 202,
  errors: [400, 401, 403],
});

const ClassParams = T.Object({ class_name: T.String({ maxLength: 255 }) });
const ClassSet = T.Object({ quota_class_set: T.Record(T.String(), T.Unknown()) });
export const showQuotaClass = operation({
  name: 'showQuotaClass',
  method: 'GET',
  path: '/v2.1/os-quota-class-sets/{class_name}',
  policy: admin('os-quota-class-sets:show'),
  params: ClassParams,
  reply: ClassSet,
  errors: [401, 403],
});
export const updateQuotaClass = operation({
  name: 'updateQuotaClass',
  method: 'PUT',
  path: '/v2.1/os-quota-class-sets/{class_name}',
  policy: admin('os-quota-class-sets:update'),
  params: ClassParams,
  body: strict({ quota_class_set: strict(counted) }),
  reply: ClassSet,
  errors: [400, 401, 403],
});

const EVENT_NAMES = ['network-changed', 'network-vif-plugged', 'network-vif-unplugged', 'network-vif-deleted'] as const;
const LATER_EVENTS = [
  ['volume-extended', '2.51'],
  ['power-update', '2.76'],
  ['accelerator-request-bound', '2.82'],
] as const;
const Event = strict({
  name: T.Union([T.Enum([...EVENT_NAMES]), ...LATER_EVENTS.map(([name, version]) => since(version, T.Literal(name)))]),
  server_uuid: T.String({ format: 'uuid' }),
  status: T.Optional(T.Enum(['failed', 'completed', 'in-progress'])),
  tag: T.Optional(T.String({ maxLength: 255 })),
});
export const createExternalEvents = operation({
  name: 'createExternalEvents',
  method: 'POST',
  path: '/v2.1/os-server-external-events',
  policy: service('os-server-external-events:create'),
  body: strict({ events: T.Array(Event, { minItems: 1, maxItems: 1000 }) }),
  reply: T.Object({
    events: T.Array(
      T.Object({
        name: T.String(),
        server_uuid: T.String(),
        status: T.Optional(T.String()),
        tag: T.Optional(T.String()),
        code: T.Integer(),
      }),
    ),
  }),
  status: 200,
  errors: [400, 401, 403, 404],
});
