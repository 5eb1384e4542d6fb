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
const Pem = T.String({ description: 'PEM; with both, every listener speaks HTTPS.' });
const Password = T.String({ minLength: 1, description: 'Default: random, kept in secrets.yaml.' });
const PerHttpDaemon = <S extends ReturnType<typeof T.String> | typeof Port>(value: S, description: string) =>
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
    { additionalProperties: false, default: {}, description },
  );

const Seconds = (value: number, description: string) =>
  T.Number({ default: value, exclusiveMinimum: 0, maximum: 86_400, description });

/** How many connections a process of ours may have, and how long each may take over what it does. */
const HttpConfig = T.Object(
  {
    maxConnections: T.Integer({
      default: 4096,
      minimum: 16,
      description:
        'Connections of a process at once; fewer where its limit of open files leaves less beside databases and disks. When one more comes, the longest idle one of the address with most ends.',
    }),
    maxConnectionsPerAddress: T.Optional(
      T.Integer({
        minimum: 1,
        description:
          'Of one address (of IPv6, one /64). Default: half of them all. Those of `keystone.trustedProxies` are not counted.',
      }),
    ),
    handshakeSeconds: Seconds(10, "From a TCP connection to the end of TLS's handshake."),
    headersSeconds: Seconds(30, "Until a first request, and until a request's headers are complete."),
    bodySeconds: Seconds(60, 'Until a JSON body has arrived whole.'),
    keepAliveSeconds: Seconds(75, "How long an unused connection stays open: longer than a load balancer's own."),
    stallSeconds: Seconds(60, 'Over each such span, uploads and downloads must keep to `minBytesPerSecond`.'),
    minBytesPerSecond: T.Integer({ default: 256, minimum: 1, description: 'On the average of `stallSeconds`.' }),
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
    region: T.String({
      default: 'RegionOne',
      minLength: 1,
      maxLength: 255,
      description: 'The region that the catalog names.',
    }),
    host: T.String({
      default: hostname(),
      minLength: 1,
      maxLength: 255,
      description: "This node's name in hypervisor, service and agent lists.",
    }),
    listen: T.String({ default: '127.0.0.1', description: 'The address of this node on the management network.' }),
    publicAddress: T.Optional(T.String({ description: 'The address that the catalog names; default: `listen`.' })),
    ports: PerHttpDaemon(Port, "Where it listens; default: OpenStack's port."),
    peers: PerHttpDaemon(T.String({ pattern: '^https?://' }), 'Where it is when it runs on another node.'),
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
      pattern: '^(sqlite|(mysql|postgres)://[^/?#]+/?)$',
      description: '`sqlite`, or a server without a database: `mysql://user:password@host:3306`.',
    }),
    passwords: T.Object(
      { admin: T.Optional(Password), demo: T.Optional(Password) },
      { additionalProperties: false, default: {} },
    ),
    http: HttpConfig,
    tls: T.Optional(T.Object({ certFile: Pem, keyFile: Pem }, { additionalProperties: false })),
    log: T.Object(
      { level: T.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }) },
      { additionalProperties: false, default: {} },
    ),
    trace: T.Object(
      {
        otlpUrl: T.Optional(
          T.String({ pattern: '^https?://', description: 'A collector that gets the spans as well.' }),
        ),
        hours: T.Number({ default: 24, minimum: 0, description: 'How long spans are kept.' }),
      },
      { additionalProperties: false, default: {} },
    ),
    firstContent: T.Object(
      {
        publicCidr: T.String({
          default: '172.24.4.0/24',
          description: 'The external network; used at the first `up` only, like the others here.',
        }),
        publicGateway: T.String({
          default: '172.24.4.1',
          description: 'Its gateway: the address of `neutron.external.cidr`.',
        }),
        publicPoolStart: T.String({ default: '172.24.4.10', description: 'The first floating address.' }),
        publicPoolEnd: T.String({ default: '172.24.4.250', description: 'The last one.' }),
        privateCidr: T.String({ default: '10.0.0.0/24', description: 'The network `private`.' }),
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
