import { placeKey } from '../db/policies.ts';
import { flag, object } from './foreign-values.ts';
import type { ImportTransaction } from './import-transaction.ts';
import { pagesOf } from './pages.ts';

/** Regions, services, endpoints, what restricts them, policies for services, and unified limits. */
export async function takeCatalog(parts: ImportTransaction): Promise<void> {
  await takeRegions(parts);
  await takeServices(parts);
  await takeEndpointFilters(parts);
  await takePolicies(parts);
  await takeLimits(parts);
}

async function takeRegions(parts: ImportTransaction): Promise<void> {
  for await (const page of pagesOf(parts.from, 'region', 'id'))
    await parts.insert(
      'regions',
      page.map(({ id, description, extra }) => ({ id, parent_region_id: null, description, extra: extraText(extra) })),
    );
  // When all are there: parents are referred to.
  for await (const page of pagesOf(parts.from, 'region', 'id'))
    for (const { id, parent_region_id } of page)
      if (parent_region_id !== null)
        await parts.tx.updateTable('regions').set({ parent_region_id }).where('id', '=', id).execute();
}

async function takeServices(parts: ImportTransaction): Promise<void> {
  for await (const page of pagesOf(parts.from, 'service', 'id'))
    await parts.insert(
      'services',
      page.map((row) => {
        const { name, description, ...extra } = object(row.extra);
        return {
          ...{ id: row.id, type: row.type, enabled: flag(row.enabled, 1) },
          name: typeof name === 'string' ? name : null,
          description: typeof description === 'string' ? description : null,
          extra: JSON.stringify(extra),
        };
      }),
    );
  for await (const page of pagesOf(parts.from, 'endpoint', 'id'))
    await parts.insert(
      'endpoints',
      page.map(({ id, service_id, region_id, interface: side, url, enabled, extra }) => ({
        ...{ id, service_id, region_id, interface: side, url },
        enabled: flag(enabled, 1),
        extra: extraText(extra),
      })),
    );
}

async function takeEndpointFilters(parts: ImportTransaction): Promise<void> {
  for await (const page of pagesOf(parts.from, 'endpoint_group', 'id'))
    await parts.insert(
      'endpoint_groups',
      page.map(({ id, name, description, filters }) => ({ id, name, description, filters })),
    );
  for await (const page of pagesOf(parts.from, 'project_endpoint', 'endpoint_id'))
    await parts.insert(
      'project_endpoints',
      page.map(({ project_id, endpoint_id }) => ({ project_id, endpoint_id })),
    );
  for await (const page of pagesOf(parts.from, 'project_endpoint_group', 'endpoint_group_id'))
    await parts.insert(
      'project_endpoint_groups',
      page.map(({ project_id, endpoint_group_id }) => ({ project_id, endpoint_group_id })),
    );
}

async function takePolicies(parts: ImportTransaction): Promise<void> {
  for await (const page of pagesOf(parts.from, 'policy', 'id'))
    await parts.insert(
      'policies',
      page.map(({ id, type, blob, extra }) => ({ id, type, blob, extra: extraText(extra) })),
    );
  for await (const page of pagesOf(parts.from, 'policy_association', 'id'))
    await parts.insert(
      'policy_associations',
      page.map(({ policy_id, endpoint_id, service_id, region_id }) => ({
        id: placeKey(
          endpoint_id === null
            ? { serviceId: service_id as string, regionId: region_id ?? undefined }
            : { endpointId: endpoint_id },
        ),
        ...{ policy_id, endpoint_id, service_id, region_id },
      })),
    );
}

async function takeLimits(parts: ImportTransaction): Promise<void> {
  for await (const page of pagesOf(parts.from, 'registered_limit', 'id'))
    await parts.insert(
      'registered_limits',
      page.map(({ id, service_id, region_id, resource_name, default_limit, description }) => ({
        ...{ id, service_id, region_id, region_key: region_id ?? '' },
        ...{ resource_name, default_limit, description },
      })),
    );
  for await (const page of pagesOf(parts.from, 'limit', 'id')) {
    const usable = page.flatMap(({ id, project_id, domain_id, resource_limit, description, registered_limit_id }) =>
      registered_limit_id === null
        ? []
        : [{ id, registered_limit_id, project_id, domain_id, resource_limit, description }],
    );
    parts.leave('limits that belong to no registered limit', page.length - usable.length);
    await parts.insert('limits', usable);
  }
}

function extraText(extra: string | null): string {
  return JSON.stringify(object(extra));
}
