import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { member, reader } from './policies.ts';
import { MetadataBody, MetadataKey, onServer, ServerParams, strict } from './shared-schemas.ts';

const changes = { ...onServer, errors: [400, 401, 403, 404, 409] } as const;
const KeyParams = T.Object({ ...ServerParams.properties, key: MetadataKey });
const Metadata = T.Object({ metadata: T.Record(T.String(), T.String()) });
const Meta = T.Object({ meta: T.Record(T.String(), T.String()) });
const MetadataInput = strict({ metadata: MetadataBody });

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
