import { join } from 'node:path';
import { defaultIdBounds, type IdBounds } from '@kumo/core/confine';
import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';

const QuotaLimit = (limit: number) => T.Integer({ default: limit, minimum: -1, maximum: 0x7fffffff });

const IdRange = (first: string, count: string) =>
  T.Optional(
    T.Object(
      {
        first: T.Integer({ minimum: 1_000, maximum: 0x7fff_0000, description: first }),
        count: T.Integer({ minimum: 16, maximum: 0x10_0000, description: count }),
      },
      { additionalProperties: false },
    ),
  );

/** `cinder:` in kumo.yaml. */
export const CinderConfig = T.Object(
  {
    ...policySettings,
    availabilityZone: T.String({ default: 'nova', minLength: 1, maxLength: 255 }),
    defaultVolumeType: T.String({ default: '__DEFAULT__', minLength: 1, maxLength: 255 }),
    maxPage: T.Integer({
      default: 1000,
      minimum: 1,
      maximum: 10_000,
      description: 'The most rows in one answer of a list.',
    }),
    serviceDownAfterMs: T.Integer({
      default: 60_000,
      minimum: 1_000,
      description: 'A daemon that was not heard of for so long is down.',
    }),
    reportIntervalMs: T.Integer({
      default: 10_000,
      minimum: 100,
      description: 'How often a daemon says that it is there, and a back end its capacity.',
    }),
    reconcileIntervalMs: T.Integer({
      default: 30_000,
      minimum: 100,
      description: 'How often a back end is compared with the database.',
    }),
    schedulePatienceMs: T.Integer({
      default: 60_000,
      minimum: 0,
      description: 'How long a new volume waits for a back end while none is up.',
    }),
    maxOverSubscriptionRatio: T.Number({
      default: 20,
      minimum: 1,
      description: 'How much more than its capacity a thin back end may promise.',
    }),
    reservedPercentage: T.Number({
      default: 0,
      minimum: 0,
      maximum: 100,
      description: 'The part of a back end that is kept free.',
    }),
    driver: T.Union([T.Literal('file'), T.Literal('fake')], { default: 'file' }),
    backendName: T.String({
      default: 'file',
      pattern: '^[A-Za-z0-9_.-]+$',
      maxLength: 64,
      description: 'The part after @ in a host name; `volume_backend_name` for volume types.',
    }),
    stateDirectory: T.Optional(
      T.String({ description: 'Where volumes are kept; default: `volumes` below the state directory.' }),
    ),
    runDirectory: T.Optional(
      T.String({ description: 'Sockets of exported volumes; a short path. Default: `run` beside the volumes.' }),
    ),
    volumeIds: IdRange(
      'The first of the user and group ids that volumes belong to when Kumo runs as root, one for each; of this back end alone. Default: above 1,879,048,192, by the directory of the volumes.',
      'How many. Default: 32,768.',
    ),
    guestIds: IdRange(
      "The first of the guests' ids on this host, as in `nova.compute.guestIds`: volumes are opened to no other group.",
      'How many. Default: 32,768.',
    ),
    guestUser: T.String({
      default: 'kumo-guest',
      description:
        'As whom storage daemons ran before each volume had an id of its own; those that still run go on until their volume is attached anew.',
    }),
    exportAddress: T.Optional(
      T.String({
        description:
          'The address on a closed storage network for guests on other hosts; without it volumes reach guests on their own host only.',
      }),
    ),
    quota: T.Object(
      {
        volumes: QuotaLimit(10),
        snapshots: QuotaLimit(10),
        gigabytes: QuotaLimit(1000),
        perVolumeGigabytes: QuotaLimit(-1),
        backups: QuotaLimit(10),
        backupGigabytes: QuotaLimit(1000),
        groups: QuotaLimit(10),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type CinderConfig = Static<typeof CinderConfig>;

/** Where a node's volumes are. */
export function volumeDirectory(config: CinderConfig, stateDir: string): string {
  return config.stateDirectory ?? join(stateDir, 'volumes');
}

/** The ids of a node's volumes: by their own directory, as a node may have several back ends. */
export function volumeIdBounds(config: CinderConfig, stateDir: string): IdBounds {
  return config.volumeIds ?? defaultIdBounds(volumeDirectory(config, stateDir), 'volumes');
}
