import { operation } from '@kumo/core/http';
import { since, until } from '@kumo/core/microversion';
import { LooseBoolean, paging } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { admin, anyone } from './policies.ts';
import { NullableText, strict } from './shared-schemas.ts';

/** A number before 2.53, a UUID from then on. */
const HostKey = T.Union([T.String(), T.Integer()]);
const HypervisorParams = T.Object({ hypervisor_id: T.String({ maxLength: 255 }) });
const Brief = {
  id: HostKey,
  hypervisor_hostname: T.String(),
  state: T.String(),
  status: T.String(),
  servers: T.Optional(T.Array(T.Object({ name: T.String(), uuid: T.String() }))),
};
const Hypervisor = T.Object({
  ...Brief,
  host_ip: T.String(),
  hypervisor_type: T.String(),
  hypervisor_version: T.Integer(),
  service: T.Object({ id: HostKey, host: T.String(), disabled_reason: NullableText }),
  /** Text up to 2.27. */
  cpu_info: until('2.88', T.Unknown()),
  vcpus: until('2.88', T.Integer()),
  vcpus_used: until('2.88', T.Integer()),
  memory_mb: until('2.88', T.Integer()),
  memory_mb_used: until('2.88', T.Integer()),
  free_ram_mb: until('2.88', T.Integer()),
  local_gb: until('2.88', T.Integer()),
  local_gb_used: until('2.88', T.Integer()),
  free_disk_gb: until('2.88', T.Integer()),
  disk_available_least: until('2.88', T.Union([T.Integer(), T.Null()])),
  running_vms: until('2.88', T.Integer()),
  current_workload: until('2.88', T.Integer()),
  uptime: since('2.88', NullableText),
});
const Query = T.Object({
  limit: T.Optional(since('2.33', paging.limit)),
  marker: T.Optional(since('2.33', paging.marker)),
  hypervisor_hostname_pattern: T.Optional(since('2.53', T.String({ minLength: 1, maxLength: 255 }))),
  with_servers: T.Optional(since('2.53', LooseBoolean)),
});
const HypervisorLinks = T.Optional(since('2.33', T.Array(T.Object({ rel: T.String(), href: T.String() }))));
export const listHypervisors = operation({
  name: 'listHypervisors',
  method: 'GET',
  path: '/v2.1/os-hypervisors',
  policy: admin('os-hypervisors:list'),
  query: Query,
  reply: T.Object({ hypervisors: T.Array(T.Object(Brief)), hypervisors_links: HypervisorLinks }),
  errors: [400, 401, 403],
});
export const listHypervisorsDetail = operation({
  name: 'listHypervisorsDetail',
  method: 'GET',
  path: '/v2.1/os-hypervisors/detail',
  policy: admin('os-hypervisors:list-detail'),
  query: Query,
  reply: T.Object({ hypervisors: T.Array(Hypervisor), hypervisors_links: HypervisorLinks }),
  errors: [400, 401, 403],
});
export const showHypervisor = operation({
  name: 'showHypervisor',
  method: 'GET',
  path: '/v2.1/os-hypervisors/{hypervisor_id}',
  policy: admin('os-hypervisors:show'),
  params: HypervisorParams,
  query: T.Object({ with_servers: T.Optional(since('2.53', LooseBoolean)) }),
  reply: T.Object({ hypervisor: Hypervisor }),
  errors: [400, 401, 403, 404],
});
export const showHypervisorStatistics = operation({
  name: 'showHypervisorStatistics',
  method: 'GET',
  path: '/v2.1/os-hypervisors/statistics',
  policy: admin('os-hypervisors:statistics'),
  versions: { max: '2.87' },
  reply: T.Object({ hypervisor_statistics: T.Record(T.String(), T.Integer()) }),
  errors: [401, 403],
});
/** No driver here tells the uptime: 501, which clients pass over. */
export const showHypervisorUptime = operation({
  name: 'showHypervisorUptime',
  method: 'GET',
  path: '/v2.1/os-hypervisors/{hypervisor_id}/uptime',
  policy: admin('os-hypervisors:uptime'),
  versions: { max: '2.87' },
  params: HypervisorParams,
  reply: T.Object({ hypervisor: T.Object({ ...Brief, uptime: T.String() }) }),
  errors: [401, 403, 404, 501],
});
export const searchHypervisors = operation({
  name: 'searchHypervisors',
  method: 'GET',
  path: '/v2.1/os-hypervisors/{hypervisor_id}/search',
  policy: admin('os-hypervisors:search'),
  versions: { max: '2.52' },
  params: HypervisorParams,
  reply: T.Object({ hypervisors: T.Array(T.Object(Brief)) }),
  errors: [401, 403, 404],
});
export const listHypervisorServers = operation({
  name: 'listHypervisorServers',
  method: 'GET',
  path: '/v2.1/os-hypervisors/{hypervisor_id}/servers',
  policy: admin('os-hypervisors:servers'),
  versions: { max: '2.52' },
  params: HypervisorParams,
  reply: T.Object({ hypervisors: T.Array(T.Object(Brief)) }),
  errors: [401, 403, 404],
});

const Service = T.Object({
  id: HostKey,
  binary: T.String(),
  host: T.String(),
  zone: T.String(),
  status: T.String(),
  state: T.String(),
  updated_at: NullableText,
  disabled_reason: NullableText,
  forced_down: since('2.11', T.Boolean()),
});
export const listServices = operation({
  name: 'listServices',
  method: 'GET',
  path: '/v2.1/os-services',
  policy: admin('os-services:list'),
  query: T.Object({ host: T.Optional(T.String({ maxLength: 255 })), binary: T.Optional(T.String({ maxLength: 255 })) }),
  reply: T.Object({ services: T.Array(Service) }),
  errors: [401, 403],
});
const HostAndBinary = {
  host: T.String({ minLength: 1, maxLength: 255 }),
  binary: T.String({ minLength: 1, maxLength: 255 }),
};
const reply = T.Object({ service: T.Record(T.String(), T.Unknown()) });
const old = {
  method: 'PUT',
  policy: admin('os-services:update'),
  versions: { max: '2.52' },
  reply,
  errors: [400, 401, 403, 404],
} as const;
const Reason = T.String({ minLength: 1, maxLength: 255 });
export const enableService = operation({
  ...old,
  name: 'enableService',
  path: '/v2.1/os-services/enable',
  body: strict(HostAndBinary),
});
export const disableService = operation({
  ...old,
  name: 'disableService',
  path: '/v2.1/os-services/disable',
  body: strict(HostAndBinary),
});
export const disableServiceWithReason = operation({
  ...old,
  name: 'disableServiceWithReason',
  path: '/v2.1/os-services/disable-log-reason',
  body: strict({ ...HostAndBinary, disabled_reason: Reason }),
});
export const forceServiceDown = operation({
  ...old,
  versions: { min: '2.11', max: '2.52' },
  name: 'forceServiceDown',
  path: '/v2.1/os-services/force-down',
  body: strict({ ...HostAndBinary, forced_down: LooseBoolean }),
});
const ServiceParams = T.Object({ service_id: T.String({ maxLength: 64 }) });
export const updateService = operation({
  name: 'updateService',
  method: 'PUT',
  path: '/v2.1/os-services/{service_id}',
  policy: admin('os-services:update'),
  versions: { min: '2.53' },
  params: ServiceParams,
  body: strict({
    status: T.Optional(T.Enum(['enabled', 'disabled'])),
    disabled_reason: T.Optional(Reason),
    forced_down: T.Optional(LooseBoolean),
  }),
  reply: T.Object({ service: Service }),
  errors: [400, 401, 403, 404],
});
export const deleteService = operation({
  name: 'deleteService',
  method: 'DELETE',
  path: '/v2.1/os-services/{service_id}',
  policy: admin('os-services:delete'),
  params: ServiceParams,
  status: 204,
  errors: [400, 401, 403, 404, 409],
});

const Zone = T.Object({ zoneName: T.String(), zoneState: T.Object({ available: T.Boolean() }), hosts: T.Unknown() });
export const listAvailabilityZones = operation({
  name: 'listAvailabilityZones',
  method: 'GET',
  path: '/v2.1/os-availability-zone',
  policy: anyone('os-availability-zone:list'),
  reply: T.Object({ availabilityZoneInfo: T.Array(Zone) }),
  errors: [401, 403],
});
export const listAvailabilityZonesDetail = operation({
  name: 'listAvailabilityZonesDetail',
  method: 'GET',
  path: '/v2.1/os-availability-zone/detail',
  policy: admin('os-availability-zone:detail'),
  reply: T.Object({ availabilityZoneInfo: T.Array(Zone) }),
  errors: [401, 403],
});

const Metadata = T.Record(T.String(), T.String());
const Aggregate = T.Object({
  id: T.Integer(),
  uuid: since('2.41', T.String()),
  name: T.String(),
  availability_zone: NullableText,
  hosts: T.Array(T.String()),
  metadata: Metadata,
  created_at: T.String(),
  updated_at: NullableText,
  deleted: T.Boolean(),
  deleted_at: NullableText,
});
const OneAggregate = T.Object({ aggregate: Aggregate });
/** A new one has neither hosts nor metadata to show. */
const NewAggregate = T.Object({ aggregate: T.Omit(Aggregate, ['hosts', 'metadata']) });
const AggregateParams = T.Object({ aggregate_id: T.String({ pattern: '^-?[0-9]{1,9}$', form: 'a whole number' }) });
const Name = T.String({ minLength: 1, maxLength: 255, format: 'not-blank' });
const ZoneName = T.Optional(
  T.Union([T.String({ minLength: 1, maxLength: 255, pattern: '^[^:]+$', form: 'free of colons' }), T.Null()]),
);
const onAggregate = {
  method: 'POST',
  path: '/v2.1/os-aggregates/{aggregate_id}/action',
  params: AggregateParams,
  reply: OneAggregate,
  status: 200,
  errors: [400, 401, 403, 404, 409],
} as const;
export const listAggregates = operation({
  name: 'listAggregates',
  method: 'GET',
  path: '/v2.1/os-aggregates',
  policy: admin('os-aggregates:index'),
  reply: T.Object({ aggregates: T.Array(Aggregate) }),
  errors: [401, 403],
});
export const showAggregate = operation({
  name: 'showAggregate',
  method: 'GET',
  path: '/v2.1/os-aggregates/{aggregate_id}',
  policy: admin('os-aggregates:show'),
  params: AggregateParams,
  reply: OneAggregate,
  errors: [400, 401, 403, 404],
});
export const createAggregate = operation({
  name: 'createAggregate',
  method: 'POST',
  path: '/v2.1/os-aggregates',
  policy: admin('os-aggregates:create'),
  body: strict({ aggregate: strict({ name: Name, availability_zone: ZoneName }) }),
  reply: NewAggregate,
  status: 200,
  errors: [400, 401, 403, 409],
});
export const updateAggregate = operation({
  name: 'updateAggregate',
  method: 'PUT',
  path: '/v2.1/os-aggregates/{aggregate_id}',
  policy: admin('os-aggregates:update'),
  params: AggregateParams,
  body: strict({
    aggregate: T.Object(
      { name: T.Optional(Name), availability_zone: ZoneName },
      { additionalProperties: false, minProperties: 1 },
    ),
  }),
  reply: OneAggregate,
  errors: [400, 401, 403, 404, 409],
});
export const deleteAggregate = operation({
  name: 'deleteAggregate',
  method: 'DELETE',
  path: '/v2.1/os-aggregates/{aggregate_id}',
  policy: admin('os-aggregates:delete'),
  params: AggregateParams,
  status: 200,
  errors: [400, 401, 403, 404],
});
const HostInput = strict({ host: T.String({ minLength: 1, maxLength: 255 }) });
export const addAggregateHost = operation({
  ...onAggregate,
  name: 'addAggregateHost',
  action: 'add_host',
  policy: admin('os-aggregates:add_host'),
  body: strict({ add_host: HostInput }),
});
export const removeAggregateHost = operation({
  ...onAggregate,
  name: 'removeAggregateHost',
  action: 'remove_host',
  policy: admin('os-aggregates:remove_host'),
  body: strict({ remove_host: HostInput }),
});
export const setAggregateMetadata = operation({
  ...onAggregate,
  name: 'setAggregateMetadata',
  action: 'set_metadata',
  policy: admin('os-aggregates:set_metadata'),
  body: strict({
    set_metadata: strict({
      metadata: T.Record(T.String({ minLength: 1, maxLength: 255 }), T.Union([T.String({ maxLength: 255 }), T.Null()])),
    }),
  }),
});
