import { type Static, Type as T } from 'typebox';

export const NotificationsConfig = T.Object(
  {
    driver: T.Union([T.Literal('auto'), T.Literal('log'), T.Literal('none')], {
      default: 'auto',
      description:
        'Where audit notifications go. `auto`: to RabbitMQ, exchange `keystone`, when `bus` names one, else to the log.',
    }),
    format: T.Union([T.Literal('cadf'), T.Literal('basic')], {
      default: 'cadf',
      description: 'What they say: who did it from where (`cadf`), or only what was done to which resource (`basic`).',
    }),
    optOut: T.Array(T.String({ minLength: 1, maxLength: 255 }), {
      default: ['identity.authenticate.success', 'identity.authenticate.pending'],
      maxItems: 256,
      description: 'Events nobody is told of: `identity.<resource>.<operation>`, `identity.authenticate.<outcome>`.',
    }),
    topics: T.Array(T.String({ minLength: 1, maxLength: 128 }), {
      default: ['notifications'],
      minItems: 1,
      maxItems: 16,
      description: 'Topics of RabbitMQ; the routing key is `<topic>.info`.',
    }),
  },
  { additionalProperties: false, default: {} },
);
export type NotificationsConfig = Static<typeof NotificationsConfig>;
