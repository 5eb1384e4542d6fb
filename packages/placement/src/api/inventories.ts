import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { forServices } from './policies.ts';
import { ProviderParams } from './resource-providers.ts';
import { AnyName, Generation, ResourceClassName } from './shared-schemas.ts';

const Amount = (minimum: number) => T.Integer({ minimum, maximum: 0x7fffffff });

export const InventoryFields = {
  total: Amount(1),
  reserved: T.Optional(Amount(0)),
  min_unit: T.Optional(Amount(1)),
  max_unit: T.Optional(Amount(1)),
  step_size: T.Optional(Amount(1)),
  allocation_ratio: T.Optional(T.Number({ minimum: 0, maximum: 3.40282e38 })),
};
export const InventoryWanted = T.Object(InventoryFields, { additionalProperties: false });
export const InventoryBody = T.Object({
  total: T.Integer(),
  reserved: T.Integer(),
  min_unit: T.Integer(),
  max_unit: T.Integer(),
  step_size: T.Integer(),
  allocation_ratio: T.Number(),
});
const OneInventory = T.Object({ resource_provider_generation: T.Integer(), ...InventoryBody.properties });
export const AllInventories = T.Object({
  resource_provider_generation: T.Integer(),
  inventories: T.Record(T.String(), InventoryBody),
});
export const InventoriesWanted = T.Record(ResourceClassName, InventoryWanted, { additionalProperties: false });
const ClassParams = T.Object({ ...ProviderParams.properties, resource_class: ResourceClassName });
/** A name that no class can have is one that the provider has no inventory of: 404. */
const FoundClassParams = T.Object({ ...ProviderParams.properties, resource_class: AnyName });

export const listInventories = operation({
  name: 'listInventories',
  method: 'GET',
  path: '/resource_providers/{uuid}/inventories',
  policy: forServices('resource_providers:inventories:list'),
  params: ProviderParams,
  reply: AllInventories,
  errors: [404],
});

export const createInventory = operation({
  name: 'createInventory',
  method: 'POST',
  path: '/resource_providers/{uuid}/inventories',
  policy: forServices('resource_providers:inventories:create'),
  params: ProviderParams,
  body: T.Object(
    { resource_class: ResourceClassName, resource_provider_generation: T.Optional(Generation), ...InventoryFields },
    { additionalProperties: false },
  ),
  reply: OneInventory,
  status: 201,
  errors: [400, 404, 409],
});

export const replaceInventories = operation({
  name: 'replaceInventories',
  method: 'PUT',
  path: '/resource_providers/{uuid}/inventories',
  policy: forServices('resource_providers:inventories:update'),
  params: ProviderParams,
  body: T.Object(
    { resource_provider_generation: Generation, inventories: InventoriesWanted },
    { additionalProperties: false },
  ),
  reply: AllInventories,
  errors: [400, 404, 409],
});

export const deleteInventories = operation({
  name: 'deleteInventories',
  method: 'DELETE',
  path: '/resource_providers/{uuid}/inventories',
  policy: forServices('resource_providers:inventories:delete'),
  versions: { min: '1.5' },
  params: ProviderParams,
  status: 204,
  errors: [404, 409],
});

export const showInventory = operation({
  name: 'showInventory',
  method: 'GET',
  path: '/resource_providers/{uuid}/inventories/{resource_class}',
  policy: forServices('resource_providers:inventories:show'),
  params: FoundClassParams,
  reply: OneInventory,
  errors: [404],
});

export const updateInventory = operation({
  name: 'updateInventory',
  method: 'PUT',
  path: '/resource_providers/{uuid}/inventories/{resource_class}',
  policy: forServices('resource_providers:inventories:update'),
  params: ClassParams,
  body: T.Object({ resource_provider_generation: Generation, ...InventoryFields }, { additionalProperties: false }),
  reply: OneInventory,
  errors: [400, 404, 409],
});

export const deleteInventory = operation({
  name: 'deleteInventory',
  method: 'DELETE',
  path: '/resource_providers/{uuid}/inventories/{resource_class}',
  policy: forServices('resource_providers:inventories:delete'),
  params: FoundClassParams,
  status: 204,
  errors: [404, 409],
});
