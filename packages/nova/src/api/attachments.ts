import { operation } from '@kumo/core/http';
import { since, until } from '@kumo/core/microversion';
import { IpAddress, LooseBoolean, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { member, reader } from './policies.ts';
import { NullableText, ServerParams, strict, Tag } from './shared-schemas.ts';

const onServer = { authorize: 'resource', params: ServerParams } as const;
const VolumeParams = T.Object({ ...ServerParams.properties, volume_id: T.String({ maxLength: 64 }) });
const PortParams = T.Object({ ...ServerParams.properties, port_id: T.String({ maxLength: 64 }) });
const volumesPath = '/v2.1/servers/{server_id}/os-volume_attachments';
const volumePath = '/v2.1/servers/{server_id}/os-volume_attachments/{volume_id}';
const portsPath = '/v2.1/servers/{server_id}/os-interface';
const portPath = '/v2.1/servers/{server_id}/os-interface/{port_id}';

const VolumeAttachment = T.Object({
  id: until('2.89', T.String()),
  volumeId: T.String(),
  serverId: T.String(),
  device: NullableText,
  tag: since('2.70', NullableText),
  delete_on_termination: since('2.79', T.Boolean()),
  attachment_id: T.Optional(since('2.89', NullableText)),
  bdm_uuid: T.Optional(since('2.89', T.String())),
});
const One = T.Object({ volumeAttachment: VolumeAttachment });
/** What was just attached is told without the ids that a list has had since 2.89. */
const Attached = T.Object({
  volumeAttachment: T.Object({
    ...T.Omit(VolumeAttachment, ['attachment_id', 'bdm_uuid']).properties,
    id: T.String(),
  }),
});
const Device = T.String({
  minLength: 1,
  maxLength: 255,
  pattern: '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$',
  form: 'a device, like /dev/vdb',
});

export const listVolumeAttachments = operation({
  ...onServer,
  name: 'listVolumeAttachments',
  method: 'GET',
  path: volumesPath,
  policy: reader('os-volumes-attachments:index'),
  query: T.Object({ limit: T.Optional(T.Integer({ minimum: 0 })), offset: T.Optional(T.Integer({ minimum: 0 })) }),
  reply: T.Object({ volumeAttachments: T.Array(VolumeAttachment) }),
  errors: [400, 401, 403, 404],
});
export const showVolumeAttachment = operation({
  ...onServer,
  name: 'showVolumeAttachment',
  method: 'GET',
  path: volumePath,
  params: VolumeParams,
  policy: reader('os-volumes-attachments:show'),
  reply: One,
  errors: [401, 403, 404],
});
export const attachVolume = operation({
  ...onServer,
  name: 'attachVolume',
  method: 'POST',
  path: volumesPath,
  policy: member('os-volumes-attachments:create'),
  body: strict({
    volumeAttachment: strict({
      volumeId: Uuid,
      device: T.Optional(T.Union([Device, T.Null()])),
      tag: T.Optional(since('2.49', Tag)),
      delete_on_termination: T.Optional(since('2.79', LooseBoolean)),
    }),
  }),
  reply: Attached,
  errors: [400, 401, 403, 404, 409],
});
export const updateVolumeAttachment = operation({
  ...onServer,
  name: 'updateVolumeAttachment',
  method: 'PUT',
  path: volumePath,
  params: VolumeParams,
  versions: { min: '2.85' },
  policy: member('os-volumes-attachments:update'),
  body: strict({
    volumeAttachment: strict({
      volumeId: Uuid,
      serverId: T.Optional(Uuid),
      id: T.Optional(Uuid),
      device: T.Optional(T.Union([Device, T.Null()])),
      tag: T.Optional(Tag),
      delete_on_termination: T.Optional(LooseBoolean),
    }),
  }),
  status: 202,
  errors: [400, 401, 403, 404, 409],
});
export const detachVolume = operation({
  ...onServer,
  name: 'detachVolume',
  method: 'DELETE',
  path: volumePath,
  params: VolumeParams,
  policy: member('os-volumes-attachments:delete'),
  status: 202,
  errors: [400, 401, 403, 404, 409],
});

const FixedIps = T.Array(T.Object({ ip_address: T.String(), subnet_id: NullableText }));
const Interface = T.Object({
  fixed_ips: FixedIps,
  mac_addr: T.String(),
  net_id: T.String(),
  port_id: T.String(),
  port_state: T.String(),
  tag: T.Optional(since('2.70', NullableText)),
});
export const listInterfaces = operation({
  ...onServer,
  name: 'listInterfaces',
  method: 'GET',
  path: portsPath,
  policy: reader('os-attach-interfaces:list'),
  reply: T.Object({ interfaceAttachments: T.Array(Interface) }),
  errors: [401, 403, 404],
});
export const showInterface = operation({
  ...onServer,
  name: 'showInterface',
  method: 'GET',
  path: portPath,
  params: PortParams,
  policy: reader('os-attach-interfaces:show'),
  reply: T.Object({ interfaceAttachment: Interface }),
  errors: [401, 403, 404],
});
export const attachInterface = operation({
  ...onServer,
  name: 'attachInterface',
  method: 'POST',
  path: portsPath,
  policy: member('os-attach-interfaces:create'),
  body: T.Union([
    strict({
      interfaceAttachment: strict({
        net_id: T.Optional(Uuid),
        port_id: T.Optional(Uuid),
        fixed_ips: T.Optional(T.Array(strict({ ip_address: IpAddress }), { minItems: 1, maxItems: 1 })),
        tag: T.Optional(since('2.49', Tag)),
      }),
    }),
    strict({}),
  ]),
  reply: T.Object({ interfaceAttachment: Interface }),
  errors: [400, 401, 403, 404, 409],
});
export const detachInterface = operation({
  ...onServer,
  name: 'detachInterface',
  method: 'DELETE',
  path: portPath,
  params: PortParams,
  policy: member('os-attach-interfaces:delete'),
  status: 202,
  errors: [401, 403, 404, 409],
});

const SecurityGroup = T.Object({
  id: T.String(),
  name: T.String(),
  description: T.String(),
  tenant_id: T.String(),
  rules: T.Array(T.Unknown()),
});
export const listServerSecurityGroups = operation({
  ...onServer,
  name: 'listServerSecurityGroups',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/os-security-groups',
  policy: reader('os-security-groups:list'),
  reply: T.Object({ security_groups: T.Array(SecurityGroup) }),
  errors: [401, 403, 404],
});
