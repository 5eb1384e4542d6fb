import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { Endpoint, Region, Service } from '../../db/catalog.ts';
import type { EndpointBody } from '../endpoints.ts';
import type { RegionBody } from '../regions.ts';
import type { ServiceBody } from '../services.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

export function serviceToWire(service: Service, { baseUrl }: Base): Static<typeof ServiceBody> {
  const { id, type, name, description, enabled, extra } = service;
  const links = { self: flatText`${baseUrl}/v3/services/${id}` };
  return { ...extra, id, type, name: name ?? '', ...(description === null ? {} : { description }), enabled, links };
}

export function endpointToWire(endpoint: Endpoint, { baseUrl }: Base): Static<typeof EndpointBody> {
  const { id, serviceId, regionId, interface: side, url, enabled, extra } = endpoint;
  const links = { self: flatText`${baseUrl}/v3/endpoints/${id}` };
  const regions = { region: regionId, region_id: regionId };
  return { ...extra, id, service_id: serviceId, interface: side, ...regions, url, enabled, links };
}

export function regionToWire(region: Region, { baseUrl }: Base): Static<typeof RegionBody> {
  const { id, description, parentRegionId, extra } = region;
  const links = { self: flatText`${baseUrl}/v3/regions/${encodeURIComponent(id)}` };
  return { ...extra, id, description, parent_region_id: parentRegionId, links };
}
