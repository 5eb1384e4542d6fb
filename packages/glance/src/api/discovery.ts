import { operation } from '@kumo/core/http';
import { StringEnum } from '@kumo/core/schema';
import { Type as T } from 'typebox';

const VersionList = T.Object({ versions: T.Array(T.Record(T.String(), T.Unknown())) });

export const listVersions = operation({
  name: 'listVersions',
  method: 'GET',
  path: '/',
  policy: 'none',
  status: 300,
  reply: VersionList,
});

export const showVersions = operation({
  name: 'showVersions',
  method: 'GET',
  path: '/versions',
  policy: 'none',
  reply: VersionList,
});

export const showSchema = operation({
  name: 'showSchema',
  method: 'GET',
  path: '/v2/schemas/{schema}',
  policy: 'authenticated',
  params: T.Object({ schema: T.String({ maxLength: 255 }) }),
  reply: T.Record(T.String(), T.Unknown()),
  errors: [404],
});

export const showImportInfo = operation({
  name: 'showImportInfo',
  method: 'GET',
  path: '/v2/info/import',
  policy: 'authenticated',
  reply: T.Object({
    'import-methods': T.Object({ description: T.String(), type: StringEnum('array'), value: T.Array(T.String()) }),
  }),
});

export const listStores = operation({
  name: 'listStores',
  method: 'GET',
  path: '/v2/info/stores',
  policy: 'authenticated',
  reply: T.Object({
    stores: T.Array(T.Object({ id: T.String(), description: T.String(), default: T.String() })),
  }),
});
