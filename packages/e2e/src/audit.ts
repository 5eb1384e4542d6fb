import assert from 'node:assert/strict';
import type { Api } from './api.ts';
import type { Cloud } from './cloud.ts';
import { eventually } from './eventually.ts';
import { type HostState, hostState } from './host-state.ts';

/** All that could be left over when servers are gone: on the host, and in what the services say. */
export interface Audit {
  host: HostState;
  servers: string[];
  ports: string[];
  floatingIps: string[];
  allocations: string[];
  attachments: string[];
  volumes: string[];
  /** What quotas count as used. */
  used: Record<string, number>;
}

/** @param api an administrator's, whose token is valid */
export async function audit(cloud: Cloud, api: Api): Promise<Audit> {
  const [host, servers, ports, floatingIps, allocations, attachments, volumes, used] = await Promise.all([
    hostState(cloud),
    names(api.get<{ servers: Named[] }>('compute', '/servers/detail?all_tenants=1').then((body) => body.servers)),
    names(api.get<{ ports: Named[] }>('network', '/ports').then((body) => body.ports)),
    names(api.get<{ floatingips: Named[] }>('network', '/floatingips').then((body) => body.floatingips)),
    allocationsOf(api),
    names(
      api.get<{ attachments: Named[] }>('volume', '/attachments/detail?all_tenants=1').then((body) => body.attachments),
    ),
    names(api.get<{ volumes: Named[] }>('volume', '/volumes/detail?all_tenants=1').then((body) => body.volumes)),
    usage(api),
  ]);
  return { host, servers, ports, floatingIps, allocations, attachments, volumes, used };
}

interface Named {
  id: string;
  name?: string;
  status?: string;
  device_owner?: string;
}

async function names(listed: Promise<Named[]>): Promise<string[]> {
  // A port's status follows its wiring; that of a volume says who has it.
  return (await listed)
    .map(({ id, status, device_owner: owner }) =>
      (owner === undefined ? `${id} ${status ?? ''}` : `${id} ${owner}`).trim(),
    )
    .sort();
}

async function allocationsOf(api: Api): Promise<string[]> {
  const { resource_providers: providers } = await api.get<{ resource_providers: { uuid: string }[] }>(
    'placement',
    '/resource_providers',
  );
  const found = await Promise.all(
    providers.map(async ({ uuid }) => {
      const { allocations } = await api.get<{ allocations: Record<string, unknown> }>(
        'placement',
        `/resource_providers/${uuid}/allocations`,
      );
      return Object.keys(allocations).map((consumer) => `${consumer} on ${uuid}`);
    }),
  );
  return found.flat().sort();
}

async function usage(api: Api): Promise<Record<string, number>> {
  const [compute, volume] = await Promise.all([
    api.get<{ limits: { absolute: Record<string, number> } }>('compute', '/limits'),
    api.get<{ limits: { absolute: Record<string, number> } }>('volume', '/limits'),
  ]);
  const both = { ...compute.limits.absolute, ...volume.limits.absolute };
  return Object.fromEntries(
    Object.entries(both).filter(([name]) => /^total(Instances|Cores|RAM|Volumes|Gigabytes).*Used$/.test(name)),
  );
}

/** An audit of a cloud that has come to rest: two in a row are the same. */
export function settledAudit(cloud: Cloud, api: Api): Promise<Audit> {
  let last = '';
  return eventually(
    'the cloud to come to rest',
    async () => {
      const now = await audit(cloud, api);
      const text = JSON.stringify(now);
      const isSame = text === last;
      last = text;
      return isSame ? now : undefined;
    },
    { timeoutMs: 60_000, everyMs: 1_500 },
  );
}

/**
 * Waits until nothing differs from an earlier audit: what is removed in the background gets a while, what stays is named.
 *
 * @throws AssertionError with the difference when something is still there, or missing, after `timeoutMs`.
 */
export async function untilAsBefore(cloud: Cloud, api: Api, before: Audit, timeoutMs = 20_000): Promise<void> {
  let last = await audit(cloud, api);
  const same = () =>
    eventually(
      'no leftovers',
      async () => {
        last = await audit(cloud, api);
        return JSON.stringify(last) === JSON.stringify(before) ? true : undefined;
      },
      { timeoutMs, everyMs: 500 },
    );
  await same().catch((error: Error) => {
    if (error.cause) throw error;
    assert.deepEqual(last, before, 'something is left over or missing');
  });
}
