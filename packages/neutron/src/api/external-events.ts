import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';

/** The one operation of nova-api that Neutron calls: what became of an instance's ports. */
export const postExternalEvents = operation({
  name: 'createExternalEvents',
  method: 'POST',
  path: '/v2.1/os-server-external-events',
  policy: 'authenticated',
  body: T.Object({
    events: T.Array(
      T.Object({
        name: T.Enum(['network-changed', 'network-vif-plugged', 'network-vif-unplugged', 'network-vif-deleted']),
        server_uuid: T.String(),
        status: T.Enum(['completed', 'failed']),
        tag: T.Optional(T.String()),
      }),
      { minItems: 1 },
    ),
  }),
  reply: T.Object({ events: T.Array(T.Record(T.String(), T.Unknown())) }),
  errors: [400, 401, 403, 404],
});
