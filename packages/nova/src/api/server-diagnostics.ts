import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { admin } from './policies.ts';
import { onServer } from './shared-schemas.ts';

export const showDiagnostics = operation({
  ...onServer,
  name: 'showDiagnostics',
  method: 'GET',
  path: '/v2.1/servers/{server_id}/diagnostics',
  policy: admin('os-server-diagnostics'),
  reply: T.Record(T.String(), T.Unknown()),
  errors: [401, 403, 404, 409, 501],
});
