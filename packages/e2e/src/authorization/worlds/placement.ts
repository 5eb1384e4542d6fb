import { randomUUID } from 'node:crypto';
import type { Logger } from '@kumo/core/log';
import { placementApi } from '@kumo/placement';
import { TEST_PROJECT, testEnv } from '../../../../core/src/testing/env.ts';
import { staticCallers } from '../callers.ts';
import { fresh, maker } from '../maker.ts';
import type { Ask, Ids, World } from '../world.ts';

const headers = { 'openstack-api-version': 'placement 1.39' };
const INVENTORY = { total: 8 };

export async function placementWorld(databaseUrl: string, log?: Logger): Promise<World> {
  const env = testEnv({ databaseUrl: () => databaseUrl, log });
  const daemon = await placementApi(env, { maxCandidates: 100 });
  await daemon.start();
  const app = daemon.app!;
  const make = maker(app, 'admin', headers);
  return {
    service: 'placement',
    app,
    callers: staticCallers(),
    headers,
    hides: false,
    leftOut: {},
    exceptions: {},
    async make() {
      const { uuid } = await make('POST', '/resource_providers', { name: fresh('provider') });
      await make('PUT', `/resource_providers/${uuid}/inventories`, {
        resource_provider_generation: 0,
        inventories: { VCPU: INVENTORY, MEMORY_MB: INVENTORY },
      });
      const { uuid: empty } = await make('POST', '/resource_providers', { name: fresh('empty') });
      const [name, trait] = [fresh('CUSTOM_CLASS'), fresh('CUSTOM_TRAIT')];
      await make('POST', '/resource_classes', { name });
      await make('PUT', `/traits/${trait}`);
      const consumer = randomUUID();
      const ids = { uuid, empty, name, trait, resource_class: 'MEMORY_MB', consumer_uuid: consumer };
      await make('PUT', `/allocations/${consumer}`, claim(ids));
      const { generation } = await make('GET', `/resource_providers/${uuid}`);
      return { ...ids, generation: String(generation) };
    },
    ask: ({ name }, ids) => asks(ids)[name],
    target: ({ name }, _, { credentials }) => ({
      project_id: name === 'listUsages' ? TEST_PROJECT : credentials.project_id,
      user_id: credentials.user_id,
    }),
    async stop() {
      await daemon.stop();
      await env.cleanUp();
    },
  };
}

function claim({ uuid }: Ids, generation: number | null = null) {
  return {
    allocations: { [uuid!]: { resources: { VCPU: 1 } } },
    project_id: TEST_PROJECT,
    user_id: 'somebody',
    consumer_generation: generation,
    consumer_type: 'INSTANCE',
  };
}

function asks(ids: Ids): Readonly<Record<string, Ask>> {
  const generation = { resource_provider_generation: Number(ids.generation) };
  const traits = ['showTrait', 'deleteTrait', 'ensureTrait'].map((name) => [name, { ids: { name: ids.trait! } }]);
  // What is allocated cannot be taken away: a provider without anything on it stands in.
  return {
    ...Object.fromEntries(traits),
    deleteResourceProvider: { ids: { uuid: ids.empty! } },
    deleteInventories: { ids: { uuid: ids.empty! } },
    ensureTrait: { ids: { name: fresh('CUSTOM_NEW') } },
    ensureResourceClass: { ids: { name: fresh('CUSTOM_NEW') } },
    createResourceClass: { body: { name: fresh('CUSTOM_NEW') } },
    createResourceProvider: { body: { name: fresh('new') } },
    updateResourceProvider: { body: { name: fresh('renamed') } },
    createInventory: { body: { resource_class: 'DISK_GB', ...generation, ...INVENTORY } },
    replaceInventories: { body: { ...generation, inventories: { VCPU: INVENTORY } } },
    updateInventory: { body: { ...generation, ...INVENTORY } },
    replaceProviderTraits: { body: { ...generation, traits: [ids.trait] } },
    updateProviderAggregates: { body: { ...generation, aggregates: [] } },
    replaceAllocations: { body: claim(ids, 1) },
    manageAllocations: { body: { [randomUUID()]: claim(ids) } },
    listUsages: { query: `project_id=${TEST_PROJECT}` },
    listAllocationCandidates: { query: 'resources=VCPU:1' },
  };
}
