import { implement, type Route } from '@kumo/core/http';
import type { Inventories, ProviderInventories, WantedInventory } from '../app/inventories.ts';
import * as api from './inventories.ts';
import { minorOf } from './resource-providers.routes.ts';

type Row = ProviderInventories['inventories'][number];

function toWire({ total, reserved, min_unit, max_unit, step_size, allocation_ratio }: Row) {
  return { total, reserved, min_unit, max_unit, step_size, allocation_ratio };
}

function allToWire({ generation, inventories }: ProviderInventories) {
  return {
    resource_provider_generation: generation,
    inventories: Object.fromEntries(inventories.map((row) => [row.resource_class, toWire(row)])),
  };
}

function oneToWire({ generation, inventory }: { generation: number; inventory: Row }) {
  return { resource_provider_generation: generation, ...toWire(inventory) };
}

export const inventoryRoutes = (inventories: Inventories): Route[] => [
  implement(api.listInventories, async ({ params }) => allToWire(await inventories.list(params.uuid))),
  implement(api.createInventory, async ({ ctx, params, body }) => {
    const { resource_class, resource_provider_generation: generation, ...wanted } = body;
    return oneToWire(
      await inventories.setOne(params.uuid, resource_class, wanted, {
        generation,
        mode: 'create',
        mayReserveAll: minorOf(ctx) >= 26,
      }),
    );
  }),
  implement(api.replaceInventories, async ({ ctx, params, body }) => {
    const wanted: Record<string, WantedInventory> = body.inventories;
    return allToWire(
      await inventories.replace(params.uuid, wanted, body.resource_provider_generation, minorOf(ctx) >= 26),
    );
  }),
  implement(api.deleteInventories, ({ params }) => inventories.deleteAll(params.uuid)),
  implement(api.showInventory, async ({ params }) =>
    oneToWire(await inventories.show(params.uuid, params.resource_class)),
  ),
  implement(api.updateInventory, async ({ ctx, params, body }) => {
    const { resource_provider_generation: generation, ...wanted } = body;
    return oneToWire(
      await inventories.setOne(params.uuid, params.resource_class, wanted, {
        generation,
        mode: 'update',
        mayReserveAll: minorOf(ctx) >= 26,
      }),
    );
  }),
  implement(api.deleteInventory, ({ params }) => inventories.deleteOne(params.uuid, params.resource_class)),
];
