import type { NovaConfig } from '../config.ts';
import { type Aggregate, listAggregates } from '../db/aggregates.ts';
import { isUp, listServices, type NovaService } from '../db/hosts.ts';
import type { Queries } from '../db/servers.ts';
import { zoneInvalid } from '../errors.ts';

export interface Zone {
  name: string;
  available: boolean;
  services: NovaService[];
}

const INTERNAL = 'internal';
export const ZONE_KEY = 'availability_zone';

/** The zone of a host: that of an aggregate it is in, else the default. */
export function zoneOfHost(aggregates: readonly Aggregate[], host: string, fallback: string): string {
  return (
    aggregates.find(({ hosts, metadata }) => metadata[ZONE_KEY] !== undefined && hosts.includes(host))?.metadata[
      ZONE_KEY
    ] ?? fallback
  );
}

/** Every zone with its services: hosts' zones, and `internal` for what is no host. */
export async function zonesOf(q: Queries, config: NovaConfig): Promise<Zone[]> {
  const aggregates = await listAggregates(q);
  const services = await listServices(q);
  const zones = new Map<string, Zone>();
  for (const service of services) {
    const name =
      service.binary === 'nova-compute'
        ? zoneOfHost(aggregates, service.host, config.defaultAvailabilityZone)
        : INTERNAL;
    const zone = zones.get(name) ?? { name, available: false, services: [] };
    zone.services.push(service);
    zone.available ||= !service.disabled && (name === INTERNAL || isUp(service, config.serviceDownSeconds));
    zones.set(name, zone);
  }
  return [...zones.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The parts of `zone[:host[:node]]`. @throws 400 when there are more, or the zone is not there. */
export async function requestedZone(q: Queries, config: NovaConfig, text: string | undefined) {
  if (text === undefined) return {};
  const [zone = '', host, node, ...rest] = text.split(':');
  if (rest.length > 0) throw zoneInvalid();
  if (zone !== '' && zone !== config.defaultAvailabilityZone) {
    const aggregates = await listAggregates(q);
    if (!aggregates.some(({ hosts, metadata }) => metadata[ZONE_KEY] === zone && hosts.length > 0)) throw zoneInvalid();
  }
  return { zone: zone || undefined, host: host || undefined, node: node || undefined };
}
