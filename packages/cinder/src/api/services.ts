import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { QueryBoolean } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { Text } from './list-query.ts';
import { admin } from './policies.ts';
import { NullableString } from './shared-schemas.ts';

export const listServices = operation({
  name: 'listServices',
  method: 'GET',
  path: '/v3/os-services',
  policy: admin('volume_extension:services:index'),
  query: T.Object({ host: Text, binary: Text, service: Text }, { additionalProperties: true }),
  reply: T.Object({
    services: T.Array(
      T.Object({
        binary: T.String(),
        host: T.String(),
        zone: T.String(),
        status: T.Enum(['enabled', 'disabled']),
        state: T.Enum(['up', 'down']),
        updated_at: NullableString,
        disabled_reason: T.Optional(NullableString),
        cluster: T.Optional(since('3.7', NullableString)),
        backend_state: T.Optional(since('3.49', T.Enum(['up', 'down']))),
      }),
    ),
  }),
  errors: [401, 403],
});

const Which = {
  host: T.String({ minLength: 1, maxLength: 255 }),
  binary: T.Optional(T.String({ maxLength: 255 })),
  service: T.Optional(T.String({ maxLength: 255 })),
};
const Service = T.Object({
  host: T.String(),
  service: T.String(),
  binary: T.String(),
  disabled: T.Boolean(),
  status: T.Enum(['enabled', 'disabled']),
  disabled_reason: T.Optional(NullableString),
});
const update = {
  method: 'PUT',
  policy: admin('volume_extension:services:update'),
  errors: [400, 401, 403, 404],
  reply: Service,
} as const;

export const enableService = operation({
  ...update,
  name: 'enableService',
  path: '/v3/os-services/enable',
  body: T.Object(Which, { additionalProperties: false }),
});
export const disableService = operation({
  ...update,
  name: 'disableService',
  path: '/v3/os-services/disable',
  body: T.Object(Which, { additionalProperties: false }),
});
export const disableServiceWithReason = operation({
  ...update,
  name: 'disableServiceWithReason',
  path: '/v3/os-services/disable-log-reason',
  body: T.Object(
    { ...Which, disabled_reason: T.String({ minLength: 1, maxLength: 255, format: 'not-blank' }) },
    { additionalProperties: false },
  ),
});

export const listPools = operation({
  name: 'listPools',
  method: 'GET',
  path: '/v3/scheduler-stats/get_pools',
  policy: admin('scheduler_extension:scheduler_stats:get_pools'),
  query: T.Object(
    { detail: T.Optional(QueryBoolean), name: T.Optional(since('3.28', T.String({ maxLength: 255 }))) },
    { additionalProperties: true },
  ),
  reply: T.Object({
    pools: T.Array(T.Object({ name: T.String(), capabilities: T.Optional(T.Record(T.String(), T.Unknown())) })),
  }),
  errors: [400, 401, 403],
});

export const listAvailabilityZones = operation({
  name: 'listAvailabilityZones',
  method: 'GET',
  path: '/v3/os-availability-zone',
  policy: 'authenticated',
  reply: T.Object({
    availabilityZoneInfo: T.Array(T.Object({ zoneName: T.String(), zoneState: T.Object({ available: T.Boolean() }) })),
  }),
  errors: [401],
});

export const listExtensions = operation({
  name: 'listExtensions',
  method: 'GET',
  path: '/v3/extensions',
  policy: 'authenticated',
  reply: T.Object({
    extensions: T.Array(
      T.Object({
        alias: T.String(),
        name: T.String(),
        description: T.String(),
        updated: T.String(),
        links: T.Array(T.Unknown()),
      }),
    ),
  }),
  errors: [401],
});
