import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';

const VersionBody = T.Object({
  id: T.String(),
  status: T.String(),
  updated: T.String(),
  links: T.Array(T.Object({ rel: T.String(), href: T.String() })),
  'media-types': T.Array(T.Object({ base: T.String(), type: T.String() })),
});

export const listVersions = operation({
  name: 'listVersions',
  method: 'GET',
  path: '/',
  head: true,
  policy: 'none',
  status: 300,
  reply: T.Object({ versions: T.Object({ values: T.Array(VersionBody) }) }),
});

export const showVersion = operation({
  name: 'showVersion',
  method: 'GET',
  path: '/v3',
  head: true,
  policy: 'none',
  reply: T.Object({ version: VersionBody }),
});
