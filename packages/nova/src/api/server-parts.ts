import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { paging } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { MetadataBody, MetadataKey, NullableText, ServerParams, strict, Tag } from './pieces.ts';
import { admin, member, reader } from './policies.ts';

const onServer = { authorize: 'resource', params: ServerParams, errors: [401, 403, 404] } as const;
const changes = { ...onServer, errors: [400, 401, 403, 404, 409] } as const;
const KeyParams = T.Object({ ...ServerParams.properties, key: MetadataKey });
const TagParams = T.Object({ ...ServerParams.properties, tag: Tag });
const IpParams = T.Object({ ...ServerParams.properties, network_label: T.String({ maxLength: 255 }) });
const Metadata = T.Object({ metadata: T.Record(T.String(), T.String()) });
const Meta = T.Object({ meta: T.Record(T.String(), T.String()) });
const MetadataInput = strict({ metadata: MetadataBody });
const PlainAddresses = T.Record(T.String(), T.Array(T.Object({ version: T.Integer(), addr: T.String() })));

const metadataPath = '/v2.1/servers/{server_id}/metadata';
export const listMetadata = operation({
  ...onServer,
  name: 'listMetadata',
  method: 'GET',
  path: metadataPath,
  policy: reader('server-metadata:index'),
  reply: Metadata,
});
export const createMetadata = operation({
  ...changes,
  name: 'createMetadata',
  method: 'POST',
  path: metadataPath,
  policy: member('server-metadata:create'),
  body: MetadataInput,
  reply: Metadata,
});
export const replaceMetadata = operation({
  ...changes,
  name: 'replaceMetadata',
  method: 'PUT',
  path: metadataPath,
  policy: member('server-metadata:update_all'),
  body: MetadataInput,
  reply: Metadata,
});
const itemPath = '/v2.1/servers/{server_id}/metadata/{key}';
export const showMetadataItem = operation({
  ...onServer,
  name: 'showMetadataItem',
  method: 'GET',
  path: itemPath,
  params: KeyParams,
  policy: reader('server-metadata:show'),
  reply: Meta,
});
export const updateMetadataItem = operation({
  ...changes,
  name: 'updateMetadataItem',
  method: 'PUT',
  path: itemPath,
  params: KeyParams,
  policy: member('server-metadata:update'),
  body: strict({
    meta: T.Record(
      T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$', form: 'of 1 to 255 letters, digits, spaces and _ : . -' }),
      T.String({ maxLength: 255 }),
      {
        additionalProperties: false,
        minProperties: 1,
        maxProperties: 1,
      },
    ),
  }),
  reply: Meta,
});
export const deleteMetadataItem = operation({
  ...changes,
  name: 'deleteMetadataItem',
  method: 'DELETE',
  path: itemPath,
  params: KeyParams,
  policy: member('server-metadata:delete'),
  status: 204,
});

export const listIps = operation({
  ...onServer,
  name: 'listIps',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/ips',
  policy: reader('ips:index'),
  reply: T.Object({ addresses: PlainAddresses }),
});
export const showIps = operation({
  ...onServer,
  name: 'showIps',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/ips/{network_label}',
  params: IpParams,
  policy: reader('ips:show'),
  reply: PlainAddresses,
});

const tags = { ...onServer, versions: { min: '2.26' }, errors: [400, 401, 403, 404, 409] } as const;
const Tags = T.Object({ tags: T.Array(T.String()) });
const tagsPath = '/v2.1/servers/{server_id}/tags';
const tagPath = '/v2.1/servers/{server_id}/tags/{tag}';
export const listTags = operation({
  ...tags,
  name: 'listTags',
  method: 'GET',
  path: tagsPath,
  policy: reader('os-server-tags:index'),
  reply: Tags,
});
export const replaceTags = operation({
  ...tags,
  name: 'replaceTags',
  method: 'PUT',
  path: tagsPath,
  policy: member('os-server-tags:update_all'),
  body: strict({ tags: T.Array(Tag, { maxItems: 50 }) }),
  reply: Tags,
});
export const deleteTags = operation({
  ...tags,
  name: 'deleteTags',
  method: 'DELETE',
  path: tagsPath,
  policy: member('os-server-tags:delete_all'),
  status: 204,
});
export const showTag = operation({
  ...tags,
  name: 'showTag',
  method: 'GET',
  path: tagPath,
  params: TagParams,
  policy: reader('os-server-tags:show'),
  status: 204,
});
export const addTag = operation({
  ...tags,
  name: 'addTag',
  method: 'PUT',
  path: tagPath,
  params: TagParams,
  policy: member('os-server-tags:update'),
  status: 201,
});
export const deleteTag = operation({
  ...tags,
  name: 'deleteTag',
  method: 'DELETE',
  path: tagPath,
  params: TagParams,
  policy: member('os-server-tags:delete'),
  status: 204,
});

export const showDiagnostics = operation({
  ...onServer,
  name: 'showDiagnostics',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/diagnostics',
  policy: admin('os-server-diagnostics'),
  reply: T.Record(T.String(), T.Unknown()),
  errors: [401, 403, 404, 409, 501],
});

const actionFields = {
  action: T.String(),
  instance_uuid: T.String(),
  request_id: T.String(),
  user_id: T.String(),
  project_id: T.String(),
  start_time: T.String(),
  message: NullableText,
  updated_at: since('2.58', NullableText),
};
export const listInstanceActions = operation({
  ...onServer,
  name: 'listInstanceActions',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/os-instance-actions',
  policy: reader('os-instance-actions:list'),
  query: T.Object({
    limit: T.Optional(since('2.58', T.Integer({ minimum: 0, maximum: 0x7fffffff }))),
    marker: T.Optional(since('2.58', paging.marker)),
    'changes-since': T.Optional(since('2.58', T.String({ format: 'date-time' }))),
    'changes-before': T.Optional(since('2.66', T.String({ format: 'date-time' }))),
  }),
  reply: T.Object({
    instanceActions: T.Array(T.Object(actionFields)),
    links: T.Optional(since('2.58', T.Array(T.Object({ rel: T.String(), href: T.String() })))),
  }),
  errors: [400, 401, 403, 404],
});
export const showInstanceAction = operation({
  ...onServer,
  name: 'showInstanceAction',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/os-instance-actions/{request_id}',
  params: T.Object({ ...ServerParams.properties, request_id: T.String({ maxLength: 64 }) }),
  policy: reader('os-instance-actions:show'),
  reply: T.Object({
    instanceAction: T.Object({
      ...actionFields,
      events: T.Optional(
        T.Array(
          T.Object({
            event: T.String(),
            start_time: T.String(),
            finish_time: NullableText,
            result: NullableText,
            traceback: T.Optional(NullableText),
            hostId: since('2.62', T.String()),
            host: T.Optional(since('2.62', NullableText)),
            details: T.Optional(since('2.84', NullableText)),
          }),
        ),
      ),
    }),
  }),
});
