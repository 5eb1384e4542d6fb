import type { Context } from '@kumo/core/context';
import { implement, nextLinks, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { Aggregate, Aggregates } from '../app/aggregates.ts';
import { type Hosts, type Hypervisor, lastHeard, numberOf, type Service } from '../app/hosts.ts';
import { hypervisorCannot } from '../errors.ts';
import * as ops from './hosts.ts';
import { hypervisorBrief, hypervisorDetail, statisticsOf } from './wire/hypervisor-view.ts';
import { atLeast } from './wire/versions.ts';

export function hostRoutes(deps: { hosts: Hosts; aggregates: Aggregates }): Route[] {
  return [
    ...hypervisorRoutes(deps.hosts),
    ...serviceRoutes(deps.hosts),
    ...zoneRoutes(deps.hosts),
    ...aggregateRoutes(deps.aggregates),
  ];
}

function hypervisorRoutes(hosts: Hosts): Route[] {
  type Query = {
    limit?: number;
    marker?: string;
    hypervisor_hostname_pattern?: string;
    with_servers?: string | boolean;
  };
  const page = async (
    query: Query,
    ctx: Context,
    view: (one: Hypervisor, options: { uuid: boolean; servers: boolean }) => object,
  ) => {
    const { limit, marker, hypervisor_hostname_pattern: pattern } = query;
    const found = await hosts.hypervisors({ limit, marker, pattern });
    const options = {
      uuid: atLeast(ctx, 53),
      servers: query.with_servers !== undefined && parseBoolean(query.with_servers),
    };
    const last = found.hasMore ? found.hypervisors.at(-1) : undefined;
    return {
      shown: found.hypervisors.map((one) => view(one, options)),
      next: last && (options.uuid ? last.id : String(numberOf(last.id))),
    };
  };
  return [
    implement(ops.listHypervisors, async ({ ctx, query, request }) => {
      const { shown, next } = await page(query, ctx, hypervisorBrief);
      return { hypervisors: shown as ReturnType<typeof hypervisorBrief>[], ...nextLinks('hypervisors', request, next) };
    }),
    implement(ops.listHypervisorsDetail, async ({ ctx, query, request }) => {
      const detail = (one: Hypervisor, options: { uuid: boolean; servers: boolean }) =>
        hypervisorDetail(one, { ...options, cpuInfoText: !atLeast(ctx, 28) });
      const { shown, next } = await page(query, ctx, detail);
      return {
        hypervisors: shown as ReturnType<typeof hypervisorDetail>[],
        ...nextLinks('hypervisors', request, next),
      };
    }),
    implement(ops.showHypervisor, async ({ ctx, params, query }) => ({
      hypervisor: hypervisorDetail(await hosts.hypervisor(params.hypervisor_id), {
        uuid: atLeast(ctx, 53),
        cpuInfoText: !atLeast(ctx, 28),
        servers: query.with_servers !== undefined && parseBoolean(query.with_servers),
      }),
    })),
    implement(ops.showHypervisorStatistics, async () => ({
      hypervisor_statistics: statisticsOf((await hosts.hypervisors()).hypervisors),
    })),
    implement(ops.showHypervisorUptime, async ({ params }) => {
      await hosts.hypervisor(params.hypervisor_id);
      throw hypervisorCannot({ what: 'get uptime' });
    }),
    implement(ops.searchHypervisors, async ({ params }) => {
      const { hypervisors } = await hosts.hypervisors({ pattern: params.hypervisor_id });
      return { hypervisors: hypervisors.map((one) => hypervisorBrief(one, { uuid: false, servers: false })) };
    }),
    implement(ops.listHypervisorServers, async ({ params }) => {
      const { hypervisors } = await hosts.hypervisors({ pattern: params.hypervisor_id });
      return { hypervisors: hypervisors.map((one) => hypervisorBrief(one, { uuid: false, servers: true })) };
    }),
  ];
}

const serviceView = (service: Service, ctx: Context) => ({
  id: atLeast(ctx, 53) ? service.id : numberOf(service.id),
  binary: service.binary,
  host: service.host,
  zone: service.zone,
  status: service.disabled ? 'disabled' : 'enabled',
  state: service.isUp ? 'up' : 'down',
  updated_at: service.lastSeenUp,
  disabled_reason: service.disabledReason,
  forced_down: service.forcedDown,
});

function serviceRoutes(hosts: Hosts): Route[] {
  const change = async (
    { host, binary }: { host: string; binary: string },
    changes: Parameters<Hosts['updateService']>[1],
  ): Promise<Service> => hosts.updateService(await hosts.serviceAt(host, binary), changes);
  return [
    implement(ops.listServices, async ({ ctx, query }) => ({
      services: (await hosts.services(query)).map((service) => serviceView(service, ctx)),
    })),
    implement(ops.enableService, async ({ body: { host, binary } }) => {
      await change({ host, binary }, { disabled: false });
      return { service: { host, binary, status: 'enabled' } };
    }),
    implement(ops.disableService, async ({ body: { host, binary } }) => {
      await change({ host, binary }, { disabled: true });
      return { service: { host, binary, status: 'disabled' } };
    }),
    implement(ops.disableServiceWithReason, async ({ body: { host, binary, disabled_reason } }) => {
      await change({ host, binary }, { disabled: true, disabledReason: disabled_reason });
      return { service: { host, binary, status: 'disabled', disabled_reason } };
    }),
    implement(ops.forceServiceDown, async ({ body: { host, binary, forced_down } }) => {
      const forcedDown = parseBoolean(forced_down);
      await change({ host, binary }, { forcedDown });
      return { service: { host, binary, forced_down: forcedDown } };
    }),
    implement(ops.updateService, async ({ ctx, params, body }) => {
      const { status, disabled_reason: disabledReason, forced_down } = body;
      const service = await hosts.updateService(await hosts.serviceById(params.service_id), {
        disabled: status === undefined ? undefined : status === 'disabled',
        disabledReason,
        forcedDown: forced_down === undefined ? undefined : parseBoolean(forced_down),
      });
      return { service: serviceView(service, ctx) };
    }),
    implement(ops.deleteService, ({ params }) => hosts.deleteService(params.service_id)),
  ];
}

function zoneRoutes(hosts: Hosts): Route[] {
  return [
    implement(ops.listAvailabilityZones, async () => {
      const zones = (await hosts.zones()).filter(({ name }) => name !== 'internal');
      return {
        availabilityZoneInfo: zones.map(({ name, available }) => ({
          zoneName: name,
          zoneState: { available },
          hosts: null,
        })),
      };
    }),
    implement(ops.listAvailabilityZonesDetail, async () => ({
      availabilityZoneInfo: (await hosts.zones()).map(({ name, available, services }) => ({
        zoneName: name,
        zoneState: { available },
        hosts: hostsOf(services, hosts),
      })),
    })),
  ];
}

function hostsOf(services: Awaited<ReturnType<Hosts['zones']>>[number]['services'], hosts: Hosts) {
  const found: Record<string, Record<string, { available: boolean; active: boolean; updated_at: string | null }>> = {};
  for (const service of services) {
    found[service.host] ??= {};
    found[service.host]![service.binary] = {
      available: hosts.isUp(service),
      active: !service.disabled,
      updated_at: lastHeard(service),
    };
  }
  return found;
}

const aggregateView = (aggregate: Aggregate) => ({
  id: aggregate.id,
  uuid: aggregate.uuid,
  name: aggregate.name,
  availability_zone: aggregate.metadata.availability_zone ?? null,
  hosts: aggregate.hosts,
  metadata: aggregate.metadata,
  created_at: aggregate.createdAt,
  updated_at: aggregate.updatedAt,
  deleted: false,
  deleted_at: null,
});

function aggregateRoutes(aggregates: Aggregates): Route[] {
  const one = (aggregate: Aggregate) => ({ aggregate: aggregateView(aggregate) });
  const idOf = ({ aggregate_id }: { aggregate_id: string }) => Number(aggregate_id);
  return [
    implement(ops.listAggregates, async () => ({ aggregates: (await aggregates.list()).map(aggregateView) })),
    implement(ops.showAggregate, async ({ params }) => one(await aggregates.get(idOf(params)))),
    implement(ops.createAggregate, async ({ body: { aggregate } }) => {
      const {
        hosts: _,
        metadata: __,
        ...made
      } = aggregateView(await aggregates.create(aggregate.name, aggregate.availability_zone));
      return { aggregate: made };
    }),
    implement(ops.updateAggregate, async ({ params, body: { aggregate } }) =>
      one(await aggregates.update(idOf(params), { name: aggregate.name, zone: aggregate.availability_zone })),
    ),
    implement(ops.deleteAggregate, ({ params }) => aggregates.delete(idOf(params))),
    implement(ops.addAggregateHost, async ({ params, body }) =>
      one(await aggregates.addHost(idOf(params), body.add_host.host)),
    ),
    implement(ops.removeAggregateHost, async ({ params, body }) =>
      one(await aggregates.removeHost(idOf(params), body.remove_host.host)),
    ),
    implement(ops.setAggregateMetadata, async ({ params, body }) =>
      one(await aggregates.setMetadata(idOf(params), body.set_metadata.metadata)),
    ),
  ];
}
