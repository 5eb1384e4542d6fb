import { hostname } from 'node:os';
import { CinderConfig } from '@kumo/cinder/config';
import { GlanceConfig } from '@kumo/glance/config';
import { KeystoneConfig } from '@kumo/keystone/config';
import { NeutronConfig } from '@kumo/neutron/config';
import { NovaConfig } from '@kumo/nova/config';
import { PlacementConfig } from '@kumo/placement/config';
import { type Static, Type as T } from 'typebox';
import { defaultStateDir } from './state-dir.ts';

const Port = T.Integer({ minimum: 1, maximum: 65535 });
const PerHttpDaemon = <S extends ReturnType<typeof T.String> | typeof Port>(value: S) =>
  T.Object(
    {
      keystone: T.Optional(value),
      'glance-api': T.Optional(value),
      'placement-api': T.Optional(value),
      'nova-api': T.Optional(value),
      'nova-metadata-api': T.Optional(value),
      'neutron-server': T.Optional(value),
      'cinder-api': T.Optional(value),
    },
    { additionalProperties: false, default: {} },
  );

/** `kumo.yaml`, and a node's file: what may be set, with its default. */
export const KumoConfig = T.Object(
  {
    stateDir: T.String({
      default: defaultStateDir(),
      description: 'Where databases, images, disks, logs and secrets are.',
    }),
    region: T.String({ default: 'RegionOne', minLength: 1, maxLength: 255 }),
    host: T.String({
      default: hostname(),
      minLength: 1,
      maxLength: 255,
      description: "This node's name in hypervisor, service and agent lists.",
    }),
    listen: T.String({ default: '127.0.0.1', description: 'The address of this node on the management network.' }),
    publicAddress: T.Optional(T.String({ description: 'The address that the catalog names; default: `listen`.' })),
    ports: PerHttpDaemon(Port),
    peers: PerHttpDaemon(T.String({ pattern: '^https?://' })),
    layout: T.Union([T.Literal('embedded'), T.Literal('processes')], {
      default: 'embedded',
      description: '`embedded`: every daemon in one process. `processes`: each in its own, started again when it dies.',
    }),
    daemons: T.Optional(T.Array(T.String(), { minItems: 1, description: 'The daemons of this node; default: all.' })),
    bus: T.String({
      default: 'in-process',
      pattern: '^(in-process|amqps?://.+)$',
      description: '`in-process` or the URL of RabbitMQ.',
    }),
    database: T.String({
      default: 'sqlite',
      pattern: '^(sqlite|(mysql|postgres)://[^/]+/?)$',
      description: '`sqlite`, or a server without a database: `mysql://user:password@host:3306`.',
    }),
    passwords: T.Object(
      { admin: T.Optional(T.String({ minLength: 1 })), demo: T.Optional(T.String({ minLength: 1 })) },
      { additionalProperties: false, default: {} },
    ),
    tls: T.Optional(T.Object({ certFile: T.String(), keyFile: T.String() }, { additionalProperties: false })),
    log: T.Object(
      { level: T.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }) },
      { additionalProperties: false, default: {} },
    ),
    trace: T.Object(
      { otlpUrl: T.Optional(T.String({ pattern: '^https?://' })), hours: T.Number({ default: 24, minimum: 0 }) },
      { additionalProperties: false, default: {} },
    ),
    firstContent: T.Object(
      {
        publicCidr: T.String({ default: '172.24.4.0/24' }),
        publicGateway: T.String({ default: '172.24.4.1' }),
        publicPoolStart: T.String({ default: '172.24.4.10' }),
        publicPoolEnd: T.String({ default: '172.24.4.250' }),
        privateCidr: T.String({ default: '10.0.0.0/24' }),
      },
      { additionalProperties: false, default: {} },
    ),
    keystone: KeystoneConfig,
    glance: GlanceConfig,
    placement: PlacementConfig,
    nova: NovaConfig,
    neutron: NeutronConfig,
    cinder: CinderConfig,
  },
  { additionalProperties: false },
);
export type KumoConfig = Static<typeof KumoConfig>;
