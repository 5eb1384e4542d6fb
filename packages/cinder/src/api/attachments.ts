import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { Nullable, Uuid } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { listQuery, Text } from './list-query.ts';
import { member, reader } from './policies.ts';
import { Count, NullableString, PageLinks, PathId } from './shared-schemas.ts';

const AttachmentParams = T.Object({ attachment_id: PathId });
const AttachMode = T.Enum(['rw', 'ro']);

/** Nova's connector properties. `host` decides whether the volume is reached by a socket here or over the network. */
export const ConnectorBody = T.Object(
  {
    host: T.String({ minLength: 1, maxLength: 255 }),
    ip: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    initiator: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    /** The group of the guest's process on that host, which alone may use the socket. */
    gid: T.Optional(Nullable(T.Integer({ minimum: 1, maximum: 0xffff_fffe }))),
    mountpoint: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    mode: T.Optional(Nullable(AttachMode)),
    platform: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    os_type: T.Optional(Nullable(T.String({ maxLength: 255 }))),
    multipath: T.Optional(Nullable(T.Union([T.Boolean(), T.String({ maxLength: 16 })]))),
  },
  { additionalProperties: true, maxProperties: 64 },
);

/** How a hypervisor reaches the volume; what is in it besides the type depends on the driver. */
export const ConnectionInfoBody = T.Object(
  {
    driver_volume_type: T.Optional(T.String()),
    volume_id: T.Optional(T.String()),
    export_name: T.Optional(T.String()),
    access_mode: T.Optional(T.String()),
    attachment_id: T.Optional(T.String()),
    qos_specs: T.Optional(T.Null()),
    encrypted: T.Optional(T.Boolean()),
    /** How long a client should wait for its server to come back. */
    reconnect_delay_s: T.Optional(T.Integer()),
    /** NBD over a UNIX socket, when the connector is on the volume's host. */
    socket_path: T.Optional(T.String()),
    /** NBD over TCP, when it is not. */
    host: T.Optional(T.String()),
    port: T.Optional(T.Integer()),
  },
  { additionalProperties: true },
);

export const AttachmentBody = T.Object({
  id: T.String(),
  volume_id: T.String(),
  instance: NullableString,
  status: T.String(),
  attach_mode: NullableString,
  attached_at: NullableString,
  detached_at: NullableString,
  connection_info: ConnectionInfoBody,
});

const AttachmentQuery = T.Object(
  { ...listQuery, instance_id: Text, instance_uuid: Text, volume_id: Text, attach_status: Text, attach_mode: Text },
  { additionalProperties: true },
);

export const createAttachment = operation({
  name: 'createAttachment',
  method: 'POST',
  path: '/v3/attachments',
  policy: member('volume:attachment_create'),
  authorize: 'resource',
  versions: { min: '3.27' },
  body: T.Object({
    attachment: T.Object(
      {
        volume_uuid: Uuid,
        instance_uuid: T.Optional(Nullable(Uuid)),
        connector: T.Optional(Nullable(T.Union([T.Object({}, { additionalProperties: false }), ConnectorBody]))),
        mode: T.Optional(since('3.54', Nullable(AttachMode))),
      },
      { additionalProperties: false },
    ),
  }),
  reply: T.Object({ attachment: AttachmentBody }),
  status: 200,
  errors: [400, 401, 403, 404, 409],
});

export const updateAttachment = operation({
  name: 'updateAttachment',
  method: 'PUT',
  path: '/v3/attachments/{attachment_id}',
  policy: member('volume:attachment_update'),
  authorize: 'resource',
  versions: { min: '3.27' },
  params: AttachmentParams,
  body: T.Object({ attachment: T.Object({ connector: ConnectorBody }, { additionalProperties: false }) }),
  reply: T.Object({ attachment: AttachmentBody }),
  errors: [400, 401, 403, 404, 409],
});

export const completeAttachment = operation({
  name: 'completeAttachment',
  method: 'POST',
  path: '/v3/attachments/{attachment_id}/action',
  action: 'os-complete',
  policy: member('volume:attachment_complete'),
  authorize: 'resource',
  versions: { min: '3.44' },
  params: AttachmentParams,
  body: T.Object(
    { 'os-complete': Nullable(T.Union([T.Record(T.String(), T.Unknown()), T.String({ maxLength: 36 })])) },
    { additionalProperties: false },
  ),
  status: 204,
  errors: [400, 401, 403, 404, 409],
});

export const showAttachment = operation({
  name: 'showAttachment',
  method: 'GET',
  path: '/v3/attachments/{attachment_id}',
  policy: reader('volume:attachment_show'),
  authorize: 'resource',
  versions: { min: '3.27' },
  params: AttachmentParams,
  reply: T.Object({ attachment: AttachmentBody }),
  errors: [401, 404],
});

export const listAttachments = operation({
  name: 'listAttachments',
  method: 'GET',
  path: '/v3/attachments',
  policy: reader('volume:attachment_list'),
  versions: { min: '3.27' },
  query: AttachmentQuery,
  reply: T.Object({
    attachments: T.Array(
      T.Object({ id: T.String(), volume_id: T.String(), instance: NullableString, status: T.String() }),
    ),
    attachments_links: PageLinks,
    count: Count,
  }),
  errors: [400, 401, 403],
});

export const listAttachmentsDetail = operation({
  name: 'listAttachmentsDetail',
  method: 'GET',
  path: '/v3/attachments/detail',
  policy: listAttachments.policy,
  versions: { min: '3.27' },
  query: AttachmentQuery,
  reply: T.Object({ attachments: T.Array(AttachmentBody), attachments_links: PageLinks, count: Count }),
  errors: [400, 401, 403],
});

/** Answers with what is left of the volume's attachments. */
export const deleteAttachment = operation({
  name: 'deleteAttachment',
  method: 'DELETE',
  path: '/v3/attachments/{attachment_id}',
  policy: member('volume:attachment_delete'),
  authorize: 'resource',
  versions: { min: '3.27' },
  params: AttachmentParams,
  reply: T.Object({
    attachments: T.Array(
      T.Object({ id: T.String(), volume_id: T.String(), instance: NullableString, status: T.String() }),
    ),
  }),
  status: 200,
  errors: [400, 401, 403, 404, 409],
});
