import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';

const Limit = (value: number, description: string) =>
  T.Integer({ minimum: -1, default: value, description: `${description}; -1: no bound.` });

/** Section `nova` of kumo.yaml. -1 is unlimited. */
export const NovaConfig = T.Object(
  {
    ...policySettings,
    quota: T.Object(
      {
        instances: Limit(10, 'Servers of a project'),
        cores: Limit(20, 'Virtual CPUs of all servers of a project'),
        ramMb: Limit(51_200, 'Memory of all servers of a project'),
        keyPairs: Limit(100, 'Key pairs of a user'),
        metadataItems: Limit(128, 'Metadata items of a server'),
      },
      { additionalProperties: false, default: {} },
    ),
    maxPageSize: T.Integer({ description: 'The longest page of a list.', minimum: 1, maximum: 10_000, default: 1000 }),
    defaultAvailabilityZone: T.String({
      description: 'The zone of hosts in no aggregate that names one.',
      minLength: 1,
      default: 'nova',
    }),
    serviceDownSeconds: T.Integer({
      description: 'A service that was not heard of for so long is down.',
      minimum: 1,
      default: 60,
    }),
    reportIntervalMs: T.Integer({
      description: 'How often a daemon says that it is there.',
      minimum: 100,
      default: 10_000,
    }),
    maxBuildAttempts: T.Integer({
      description: 'How often a build is tried on another host after the first one failed.',
      minimum: 1,
      default: 3,
    }),
    allocationRatios: T.Object(
      {
        cpu: T.Number({
          description: 'How much more than the host has may be promised.',
          exclusiveMinimum: 0,
          default: 4,
        }),
        ram: T.Number({ description: 'The same for memory.', exclusiveMinimum: 0, default: 1 }),
        disk: T.Number({ description: 'The same for disk.', exclusiveMinimum: 0, default: 1 }),
      },
      { additionalProperties: false, default: {} },
    ),
    compute: T.Object(
      {
        driver: T.Enum(['qemu', 'fake'], {
          default: 'qemu',
          description: '`fake`: no guest is started; for tests and for trying the APIs.',
        }),
        concurrency: T.Integer({
          description: 'Builds and other flows that run at once on this host.',
          minimum: 1,
          default: 10,
        }),
        vifPlugTimeoutMs: T.Integer({
          description: 'How long a build waits until Neutron says that its ports are wired.',
          minimum: 1,
          default: 300_000,
        }),
        imageCacheSeconds: T.Integer({
          description: 'Unused base images are kept this long.',
          minimum: 0,
          default: 86_400,
        }),
        guestIds: T.Optional(
          T.Object(
            {
              first: T.Integer({
                minimum: 1_000,
                maximum: 0x7fff_0000,
                description:
                  'The first of the user and group ids that guests run as, one for each; of this cloud and node alone. Default: above 1,879,048,192, by the state directory.',
              }),
              count: T.Integer({ minimum: 16, maximum: 0x10_0000, description: 'How many. Default: 32,768.' }),
            },
            { additionalProperties: false },
          ),
        ),
        hideProcesses: T.Boolean({
          default: true,
          description:
            "Mounts this host's /proc with hidepid=2, so that a process of one guest's user sees nobody else's; other unprivileged users do not either.",
        }),
        reservedMemoryMb: T.Integer({ description: 'Kept for the host itself.', minimum: 0, default: 512 }),
        reservedDiskGb: T.Integer({ description: 'Kept for the host itself.', minimum: 0, default: 0 }),
        reservedVcpus: T.Integer({ description: 'Kept for the host itself.', minimum: 0, default: 0 }),
        /** Only with the fake driver. */
        fake: T.Object(
          {
            vcpus: T.Integer({
              description: 'What a host with the fake driver claims to have.',
              minimum: 1,
              default: 1000,
            }),
            memoryMb: T.Integer({ description: 'The same.', minimum: 1, default: 1_000_000 }),
            diskGb: T.Integer({ description: 'The same.', minimum: 1, default: 100_000 }),
            spawnDelayMs: T.Integer({ description: 'How long its guests take to start.', minimum: 0, default: 0 }),
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
