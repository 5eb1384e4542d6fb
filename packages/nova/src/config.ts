import { type Static, Type as T } from 'typebox';

const Limit = (value: number) => T.Integer({ minimum: -1, default: value });

/** Section `nova` of kumo.yaml. -1 is unlimited. */
export const NovaConfig = T.Object(
  {
    quota: T.Object(
      {
        instances: Limit(10),
        cores: Limit(20),
        ramMb: Limit(51_200),
        keyPairs: Limit(100),
        metadataItems: Limit(128),
      },
      { additionalProperties: false, default: {} },
    ),
    /** The longest page of a list. */
    maxPageSize: T.Integer({ minimum: 1, maximum: 10_000, default: 1000 }),
    defaultAvailabilityZone: T.String({ minLength: 1, default: 'nova' }),
    /** A service that was not heard of for so long is down. */
    serviceDownSeconds: T.Integer({ minimum: 1, default: 60 }),
    reportIntervalMs: T.Integer({ minimum: 100, default: 10_000 }),
    /** How often a build is tried on another host after the first one failed. */
    maxBuildAttempts: T.Integer({ minimum: 1, default: 3 }),
    allocationRatios: T.Object(
      {
        cpu: T.Number({ exclusiveMinimum: 0, default: 4 }),
        ram: T.Number({ exclusiveMinimum: 0, default: 1 }),
        disk: T.Number({ exclusiveMinimum: 0, default: 1 }),
      },
      { additionalProperties: false, default: {} },
    ),
    compute: T.Object(
      {
        driver: T.Enum(['qemu', 'fake'], { default: 'qemu' }),
        /** Builds and other flows that run at once on this host. */
        concurrency: T.Integer({ minimum: 1, default: 10 }),
        /** How long a build waits until Neutron says that its ports are wired. */
        vifPlugTimeoutMs: T.Integer({ minimum: 1, default: 300_000 }),
        /** Unused base images are kept this long. */
        imageCacheSeconds: T.Integer({ minimum: 0, default: 86_400 }),
        reservedMemoryMb: T.Integer({ minimum: 0, default: 512 }),
        reservedDiskGb: T.Integer({ minimum: 0, default: 0 }),
        reservedVcpus: T.Integer({ minimum: 0, default: 0 }),
        /** Only with the fake driver: what the host claims to have, and how long its verbs take. */
        fake: T.Object(
          {
            vcpus: T.Integer({ minimum: 1, default: 1000 }),
            memoryMb: T.Integer({ minimum: 1, default: 1_000_000 }),
            diskGb: T.Integer({ minimum: 1, default: 100_000 }),
            spawnDelayMs: T.Integer({ minimum: 0, default: 0 }),
          },
          { additionalProperties: false, default: {} },
        ),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type NovaConfig = Static<typeof NovaConfig>;
