import assert from 'node:assert/strict';
import type { Api } from './api.ts';
import { type Audit, untilAsBefore } from './audit.ts';
import type { Cloud } from './cloud.ts';
import { eventually } from './eventually.ts';
import { guestsOf } from './host-state.ts';
import { removeServer, requestServer, untilStatus, usualParts } from './servers.ts';

interface BuiltServer {
  id: string;
  'OS-EXT-STS:task_state': string | null;
  'OS-SRV-USG:launched_at': string | null;
}

/** Task states of a server that a host works on. */
const ON_HOST: readonly (string | null)[] = ['networking', 'block_device_mapping', 'spawning'];

/**
 * Asks for three servers at once, does something to the cloud while they are built, and sees them ACTIVE, once each, and gone
 * without a trace.
 *
 * @param fresh an audit of the cloud without servers
 */
export async function buildThrough(cloud: Cloud, api: Api, fresh: Audit, disturb: () => Promise<void>): Promise<void> {
  const servers = async () => (await api.get<{ servers: BuiltServer[] }>('compute', '/servers/detail')).servers;
  const { imageRef, flavorRef, networkId } = await usualParts(api);
  const networks = [{ uuid: networkId }];
  await requestServer(api, { name: 'through', imageRef, flavorRef, networks, min_count: 3, max_count: 3 });
  await eventually(
    'a host to work on one of them',
    async () => (await servers()).some((server) => ON_HOST.includes(server['OS-EXT-STS:task_state'])) || undefined,
    { everyMs: 10, timeoutMs: 10_000 },
  );
  const disturbedAt = new Date().toISOString().slice(0, 23);
  await disturb();
  const made = await eventually('the cloud to answer', servers);
  assert.equal(made.length, 3);
  for (const { id } of made) {
    await untilStatus(api, id, 'ACTIVE', 120_000);
    assert.equal(guestsOf(id), 1, 'one guest');
  }
  const launched = (await servers()).map((server) => server['OS-SRV-USG:launched_at'] ?? '');
  assert.ok(
    launched.some((at) => at > disturbedAt),
    `all were built before ${disturbedAt}: ${launched}`,
  );
  for (const { id } of made) await removeServer(api, id);
  await untilAsBefore(cloud, api, fresh, 60_000);
}
