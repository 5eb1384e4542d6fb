import { operation } from '@kumo/core/http';
import { since } from '@kumo/core/microversion';
import { paging } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { reader } from './policies.ts';
import { NullableText, onServer, ServerParams } from './shared-schemas.ts';

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
