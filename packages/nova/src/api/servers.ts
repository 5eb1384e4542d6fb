import { operation } from '@kumo/core/http';
import { changed, since, until } from '@kumo/core/microversion';
import { IpAddress, Links, LooseBoolean, LooseInteger, Nullable, paging, sortKeys, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { member, reader } from './policies.ts';
import {
  FqdnInput,
  HostnameInput,
  MetadataBody,
  Name,
  NextLinks,
  NullableText,
  Reference,
  ServerParams,
  strict,
  Tag,
  ZoneInput,
} from './shared-schemas.ts';

const DiskConfig = T.Enum(['AUTO', 'MANUAL']);
const Address = T.Object({
  addr: T.String(),
  version: T.Integer(),
  'OS-EXT-IPS-MAC:mac_addr': T.String(),
  'OS-EXT-IPS:type': T.String(),
});
export const Addresses = T.Record(T.String(), T.Array(Address));
const Fault = T.Object({
  code: T.Integer(),
  created: T.String(),
  message: T.String(),
  details: T.Optional(T.String()),
});

/** A server in detail. What an ordinary user does not see is absent. */
export const ServerBody = T.Object({
  id: T.String(),
  name: T.String(),
  status: T.String(),
  tenant_id: T.String(),
  user_id: T.String(),
  metadata: T.Record(T.String(), T.String()),
  hostId: T.String(),
  image: T.Union([T.Literal(''), Reference]),
  /** A link up to 2.46, then the flavor itself. */
  flavor: T.Record(T.String(), T.Unknown()),
  created: T.String(),
  updated: T.String(),
  addresses: Addresses,
  accessIPv4: T.String(),
  accessIPv6: T.String(),
  links: Links,
  progress: T.Optional(T.Integer()),
  fault: T.Optional(Fault),
  key_name: NullableText,
  config_drive: T.String(),
  security_groups: T.Optional(T.Array(T.Object({ name: T.String() }))),
  'OS-DCF:diskConfig': T.String(),
  'OS-EXT-AZ:availability_zone': T.String(),
  'OS-EXT-STS:task_state': NullableText,
  'OS-EXT-STS:vm_state': T.String(),
  'OS-EXT-STS:power_state': T.Integer(),
  'OS-SRV-USG:launched_at': NullableText,
  'OS-SRV-USG:terminated_at': NullableText,
  'os-extended-volumes:volumes_attached': T.Array(
    T.Object({ id: T.String(), delete_on_termination: since('2.3', T.Boolean()) }),
  ),
  'OS-EXT-SRV-ATTR:host': T.Optional(NullableText),
  'OS-EXT-SRV-ATTR:hypervisor_hostname': T.Optional(NullableText),
  'OS-EXT-SRV-ATTR:instance_name': T.Optional(T.String()),
  'OS-EXT-SRV-ATTR:hostname': T.Optional(since('2.3', T.String())),
  'OS-EXT-SRV-ATTR:reservation_id': T.Optional(since('2.3', T.String())),
  'OS-EXT-SRV-ATTR:launch_index': T.Optional(since('2.3', T.Integer())),
  'OS-EXT-SRV-ATTR:kernel_id': T.Optional(since('2.3', T.String())),
  'OS-EXT-SRV-ATTR:ramdisk_id': T.Optional(since('2.3', T.String())),
  'OS-EXT-SRV-ATTR:root_device_name': T.Optional(since('2.3', NullableText)),
  'OS-EXT-SRV-ATTR:user_data': T.Optional(since('2.3', NullableText)),
  locked: since('2.9', T.Boolean()),
  host_status: T.Optional(since('2.16', T.String())),
  description: since('2.19', NullableText),
  tags: since('2.26', T.Array(T.String())),
  trusted_image_certificates: since('2.63', T.Null()),
  server_groups: T.Optional(since('2.71', T.Array(T.String()))),
  locked_reason: since('2.73', NullableText),
  pinned_availability_zone: since('2.96', NullableText),
});

/** The reply to a change had few of the fields of a server until 2.75, which made both the same. */
const { properties } = ServerBody;
const ChangedServer = T.Object({
  ...properties,
  addresses: T.Record(
    T.String(),
    T.Array(
      T.Object({
        ...Address.properties,
        'OS-EXT-IPS-MAC:mac_addr': since('2.75', T.String()),
        'OS-EXT-IPS:type': since('2.75', T.String()),
      }),
    ),
  ),
  key_name: since('2.75', properties.key_name),
  config_drive: since('2.75', properties.config_drive),
  security_groups: since('2.75', properties.security_groups),
  'OS-EXT-AZ:availability_zone': since('2.75', properties['OS-EXT-AZ:availability_zone']),
  'OS-EXT-STS:task_state': since('2.75', properties['OS-EXT-STS:task_state']),
  'OS-EXT-STS:vm_state': since('2.75', properties['OS-EXT-STS:vm_state']),
  'OS-EXT-STS:power_state': since('2.75', properties['OS-EXT-STS:power_state']),
  'OS-SRV-USG:launched_at': since('2.75', properties['OS-SRV-USG:launched_at']),
  'OS-SRV-USG:terminated_at': since('2.75', properties['OS-SRV-USG:terminated_at']),
  'os-extended-volumes:volumes_attached': since('2.75', properties['os-extended-volumes:volumes_attached']),
  'OS-EXT-SRV-ATTR:host': since('2.75', properties['OS-EXT-SRV-ATTR:host']),
  'OS-EXT-SRV-ATTR:hypervisor_hostname': since('2.75', properties['OS-EXT-SRV-ATTR:hypervisor_hostname']),
  'OS-EXT-SRV-ATTR:instance_name': since('2.75', properties['OS-EXT-SRV-ATTR:instance_name']),
  'OS-EXT-SRV-ATTR:hostname': since('2.75', properties['OS-EXT-SRV-ATTR:hostname']),
  'OS-EXT-SRV-ATTR:reservation_id': since('2.75', properties['OS-EXT-SRV-ATTR:reservation_id']),
  'OS-EXT-SRV-ATTR:launch_index': since('2.75', properties['OS-EXT-SRV-ATTR:launch_index']),
  'OS-EXT-SRV-ATTR:kernel_id': since('2.75', properties['OS-EXT-SRV-ATTR:kernel_id']),
  'OS-EXT-SRV-ATTR:ramdisk_id': since('2.75', properties['OS-EXT-SRV-ATTR:ramdisk_id']),
  'OS-EXT-SRV-ATTR:root_device_name': since('2.75', properties['OS-EXT-SRV-ATTR:root_device_name']),
  'OS-EXT-SRV-ATTR:user_data': since('2.75', properties['OS-EXT-SRV-ATTR:user_data']),
  host_status: since('2.75', properties.host_status),
});

const DeviceFields = {
  source_type: T.Optional(T.Enum(['image', 'volume', 'snapshot', 'blank'])),
  destination_type: T.Optional(T.Enum(['local', 'volume'])),
  uuid: T.Optional(
    T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._-]*$', form: 'made of letters, digits and . _ -' }),
  ),
  image_id: T.Optional(Uuid),
  volume_id: T.Optional(Uuid),
  snapshot_id: T.Optional(Uuid),
  volume_size: T.Optional(Nullable(LooseInteger)),
  boot_index: T.Optional(Nullable(LooseInteger)),
  delete_on_termination: T.Optional(LooseBoolean),
  device_name: T.Optional(
    T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._\\-/]*$', form: 'a device, like /dev/vdb' }),
  ),
  guest_format: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  disk_bus: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  device_type: T.Optional(Nullable(T.String({ maxLength: 255 }))),
  no_device: T.Optional(LooseBoolean),
  tag: T.Optional(since('2.42', Tag)),
  volume_type: T.Optional(since('2.67', Nullable(T.String({ maxLength: 255 })))),
};
export const BlockDeviceInput = strict(DeviceFields);

export const NetworkInput = strict({
  uuid: T.Optional(Uuid),
  port: T.Optional(Nullable(Uuid)),
  fixed_ip: T.Optional(IpAddress),
  tag: T.Optional(since('2.42', Tag)),
});
const NetworkList = T.Array(NetworkInput, { maxItems: 64 });

const ServerInput = strict({
  name: Name,
  flavorRef: T.Union([T.String({ minLength: 1, maxLength: 2048 }), T.Integer({ minimum: 0 })]),
  imageRef: T.Optional(T.Union([Uuid, T.Literal('')])),
  networks: changed('2.37', T.Union([T.Enum(['auto', 'none']), NetworkList]), T.Optional(NetworkList)),
  key_name: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))),
  user_data: T.Optional(Nullable(T.String({ format: 'base64', maxLength: 65_535 }))),
  security_groups: T.Optional(T.Array(strict({ name: T.String({ minLength: 1, maxLength: 255 }) }), { maxItems: 100 })),
  metadata: T.Optional(MetadataBody),
  block_device_mapping: T.Optional(
    T.Array(strict({ ...DeviceFields, virtual_name: T.Optional(T.String({ maxLength: 255 })) }), { maxItems: 64 }),
  ),
  block_device_mapping_v2: T.Optional(T.Array(BlockDeviceInput, { maxItems: 64 })),
  config_drive: T.Optional(Nullable(LooseBoolean)),
  min_count: T.Optional(LooseInteger),
  max_count: T.Optional(LooseInteger),
  availability_zone: T.Optional(ZoneInput),
  adminPass: T.Optional(T.String({ maxLength: 255 })),
  accessIPv4: T.Optional(T.Union([T.Literal(''), IpAddress])),
  accessIPv6: T.Optional(T.Union([T.Literal(''), IpAddress])),
  return_reservation_id: T.Optional(LooseBoolean),
  'OS-DCF:diskConfig': T.Optional(DiskConfig),
  personality: T.Optional(until('2.57', T.Array(T.Unknown(), { maxItems: 0 }))),
  description: T.Optional(since('2.19', Nullable(T.String({ maxLength: 255 })))),
  tags: T.Optional(since('2.52', T.Array(Tag, { maxItems: 50 }))),
  trusted_image_certificates: T.Optional(
    since('2.63', Nullable(T.Array(T.String({ minLength: 1, maxLength: 255 }), { maxItems: 50 }))),
  ),
  host: T.Optional(since('2.74', T.String({ minLength: 1, maxLength: 255 }))),
  hypervisor_hostname: T.Optional(since('2.74', T.String({ minLength: 1, maxLength: 255 }))),
  hostname: T.Optional(changed('2.94', FqdnInput, T.Optional(since('2.90', HostnameInput)))),
});

const Hints = T.Optional(T.Record(T.String(), T.Unknown(), { maxProperties: 32 }));
export const createServer = operation({
  name: 'createServer',
  method: 'POST',
  path: '/v2.1/servers',
  policy: member('servers:create'),
  body: strict({ server: ServerInput, 'os:scheduler_hints': Hints, 'OS-SCH-HNT:scheduler_hints': Hints }),
  reply: T.Object({
    server: T.Optional(
      T.Object({
        id: T.String(),
        links: Links,
        'OS-DCF:diskConfig': T.String(),
        security_groups: T.Array(T.Object({ name: T.String() })),
        adminPass: T.String(),
      }),
    ),
    reservation_id: T.Optional(T.String()),
  }),
  status: 202,
  errors: [400, 401, 403, 404, 409],
});

const Text = T.Optional(T.String({ maxLength: 255 }));
/** What lists can be filtered by. Times and truth values come as text. */
const filters = {
  name: Text,
  status: T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 32 })),
  image: Text,
  flavor: Text,
  ip: Text,
  ip6: Text,
  host: Text,
  node: Text,
  hostname: Text,
  user_id: Text,
  project_id: Text,
  tenant_id: Text,
  reservation_id: Text,
  uuid: Text,
  key_name: Text,
  description: Text,
  vm_state: Text,
  task_state: Text,
  power_state: Text,
  availability_zone: Text,
  config_drive: Text,
  access_ip_v4: Text,
  access_ip_v6: Text,
  root_device_name: Text,
  launch_index: Text,
  progress: Text,
  created_at: Text,
  launched_at: Text,
  terminated_at: Text,
  all_tenants: Text,
  deleted: Text,
  soft_deleted: Text,
  'changes-since': T.Optional(T.String({ format: 'date-time' })),
  'changes-before': T.Optional(since('2.66', T.String({ format: 'date-time' }))),
  locked: T.Optional(since('2.73', T.String({ maxLength: 8 }))),
  tags: T.Optional(since('2.26', T.String({ maxLength: 4096 }))),
  'tags-any': T.Optional(since('2.26', T.String({ maxLength: 4096 }))),
  'not-tags': T.Optional(since('2.26', T.String({ maxLength: 4096 }))),
  'not-tags-any': T.Optional(since('2.26', T.String({ maxLength: 4096 }))),
};
export const ServerListQuery = T.Object({ ...filters, ...paging, ...sortKeys });

export const listServers = operation({
  name: 'listServers',
  method: 'GET',
  path: '/v2.1/servers',
  policy: reader('servers:index'),
  query: ServerListQuery,
  reply: T.Object({
    servers: T.Array(T.Object({ id: T.String(), name: T.String(), links: Links })),
    servers_links: NextLinks,
  }),
  errors: [400, 401, 403],
});

export const listServersDetail = operation({
  name: 'listServersDetail',
  method: 'GET',
  path: '/v2.1/servers/detail',
  policy: reader('servers:detail'),
  query: ServerListQuery,
  reply: T.Object({ servers: T.Array(ServerBody), servers_links: NextLinks }),
  errors: [400, 401, 403],
});

export const showServer = operation({
  name: 'showServer',
  method: 'GET',
  path: '/v2.1/servers/{server_id}',
  policy: reader('servers:show'),
  authorize: 'resource',
  params: ServerParams,
  reply: T.Object({ server: ServerBody }),
  errors: [401, 403, 404],
});

export const updateServer = operation({
  name: 'updateServer',
  method: 'PUT',
  path: '/v2.1/servers/{server_id}',
  policy: member('servers:update'),
  authorize: 'resource',
  params: ServerParams,
  body: strict({
    server: strict({
      name: T.Optional(Name),
      accessIPv4: T.Optional(T.Union([T.Literal(''), IpAddress])),
      accessIPv6: T.Optional(T.Union([T.Literal(''), IpAddress])),
      'OS-DCF:diskConfig': T.Optional(DiskConfig),
      description: T.Optional(since('2.19', Nullable(T.String({ maxLength: 255 })))),
      hostname: T.Optional(changed('2.94', FqdnInput, T.Optional(since('2.90', HostnameInput)))),
    }),
  }),
  reply: T.Object({ server: ChangedServer }),
  errors: [400, 401, 403, 404, 409],
});

export const deleteServer = operation({
  name: 'deleteServer',
  method: 'DELETE',
  path: '/v2.1/servers/{server_id}',
  policy: member('servers:delete'),
  authorize: 'resource',
  params: ServerParams,
  status: 204,
  errors: [401, 403, 404, 409],
});
