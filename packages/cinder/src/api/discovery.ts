import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';

export const MIN_VERSION = '3.0';
export const MAX_VERSION = '3.71';

const Versions = T.Object({ versions: T.Array(T.Record(T.String(), T.Unknown())) });

export const listVersions = operation({
  name: 'listVersions',
  method: 'GET',
  path: '/',
  policy: 'none',
  status: 300,
  reply: Versions,
});
export const showVersion = operation({
  name: 'showVersion',
  method: 'GET',
  path: '/v3',
  policy: 'none',
  reply: Versions,
});
