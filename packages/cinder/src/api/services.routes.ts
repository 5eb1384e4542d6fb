import { implement, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { ServiceList, ServiceState } from '../app/service-list.ts';
import { invalidInput } from '../errors.ts';
import {
  disableService,
  disableServiceWithReason,
  enableService,
  listAvailabilityZones,
  listExtensions,
  listPools,
  listServices,
} from './services.ts';

const EXTENSIONS = [
  ['os-availability-zone', 'AvailabilityZones', 'Describe Availability Zones.', '2013-06-27T00:00:00+00:00'],
  [
    'os-extended-snapshot-attributes',
    'ExtendedSnapshotAttributes',
    'Extended SnapshotAttributes support.',
    '2012-06-19T00:00:00+00:00',
  ],
  ['os-quota-class-sets', 'QuotaClasses', 'Quota classes management support.', '2012-03-12T00:00:00+00:00'],
  ['os-quota-sets', 'Quotas', 'Quota management support.', '2011-08-08T00:00:00+00:00'],
  ['os-services', 'Services', 'Services support.', '2012-10-28T00:00:00-00:00'],
  ['os-types-extra-specs', 'TypesExtraSpecs', 'Type extra specs support.', '2011-08-24T00:00:00+00:00'],
  [
    'os-used-limits',
    'UsedLimits',
    'Provide data on limited resources that are being used.',
    '2013-10-03T00:00:00+00:00',
  ],
  ['os-vol-host-attr', 'VolumeHostAttribute', 'Expose host as an attribute of a volume.', '2011-11-03T00:00:00+00:00'],
  [
    'os-vol-image-meta',
    'VolumeImageMetadata',
    'Show image metadata associated with the volume.',
    '2012-12-07T00:00:00+00:00',
  ],
  [
    'os-vol-tenant-attr',
    'VolumeTenantAttribute',
    'Expose the internal project_id as an attribute of a volume.',
    '2011-11-03T00:00:00+00:00',
  ],
  ['os-volume-actions', 'VolumeActions', 'Enable volume actions.', '2012-05-31T00:00:00+00:00'],
  ['os-volume-type-access', 'VolumeTypeAccess', 'Volume type access support.', '2014-06-26T00:00:00Z'],
  ['scheduler-stats', 'Scheduler_stats', 'Scheduler stats support.', '2014-09-07T00:00:00+00:00'],
] as const;

export function serviceRoutes(services: ServiceList): Route[] {
  return [
    implement(listServices, async ({ query }) => {
      const found = await services.list({ binary: query.binary ?? query.service, host: query.host });
      return {
        services: found.map((one) => ({
          binary: one.binary,
          host: one.host,
          zone: one.availabilityZone,
          status: one.disabled ? ('disabled' as const) : ('enabled' as const),
          state: one.isUp ? ('up' as const) : ('down' as const),
          updated_at: one.updatedAt,
          disabled_reason: one.disabledReason,
          cluster: null,
          ...(one.stats ? { backend_state: one.isUp ? ('up' as const) : ('down' as const) } : {}),
        })),
      };
    }),
    ...switchRoutes(services),
    implement(listPools, async ({ query }) => {
      const pools = (await services.pools()).filter((one) => query.name === undefined || poolName(one) === query.name);
      const detail = parseBoolean(query.detail);
      return {
        pools: pools.map((one) => ({
          name: poolName(one),
          ...(detail ? { capabilities: capabilities(one, services) } : {}),
        })),
      };
    }),
    implement(listAvailabilityZones, async () => ({
      availabilityZoneInfo: (await services.zones()).map(({ name, available }) => ({
        zoneName: name,
        zoneState: { available },
      })),
    })),
    implement(listExtensions, () => ({
      extensions: EXTENSIONS.map(([alias, name, description, updated]) => ({
        alias,
        name,
        description,
        updated,
        links: [],
      })),
    })),
  ];
}

function switchRoutes(services: ServiceList): Route[] {
  const change = async (
    body: { host: string; binary?: string; service?: string },
    disabled: boolean,
    reason: string | null,
  ) => {
    const binary = body.binary ?? body.service;
    if (binary === undefined) throw invalidInput({ reason: 'Missing required element: binary' });
    await services.setDisabled({ host: body.host, binary }, disabled, reason);
    const status = disabled ? ('disabled' as const) : ('enabled' as const);
    return {
      host: body.host,
      service: binary,
      binary,
      disabled,
      status,
      ...(disabled && reason === null ? {} : { disabled_reason: reason }),
    };
  };
  return [
    implement(enableService, ({ body }) => change(body, false, null)),
    implement(disableService, ({ body }) => change(body, true, null)),
    implement(disableServiceWithReason, ({ body }) => change(body, true, body.disabled_reason)),
  ];
}

const poolName = ({ host, stats }: ServiceState) => `${host}#${stats!.pool}`;

function capabilities({ stats, updatedAt }: ServiceState, { overSubscription }: ServiceList): Record<string, unknown> {
  const { backendName, pool, driver, totalGb, freeGb, provisionedGb, thinProvisioning, volumes } = stats!;
  return {
    volume_backend_name: backendName,
    pool_name: pool,
    storage_protocol: driver === 'file' ? 'nbd' : driver,
    vendor_name: 'Kumo',
    driver_version: '1',
    timestamp: updatedAt,
    total_capacity_gb: totalGb,
    free_capacity_gb: freeGb,
    allocated_capacity_gb: provisionedGb,
    provisioned_capacity_gb: provisionedGb,
    max_over_subscription_ratio: String(overSubscription.ratio),
    reserved_percentage: overSubscription.reservedPercentage,
    thin_provisioning_support: thinProvisioning,
    thick_provisioning_support: !thinProvisioning,
    multiattach: true,
    QoS_support: false,
    total_volumes: volumes,
  };
}
