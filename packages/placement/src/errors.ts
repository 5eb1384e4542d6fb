import { defineError } from '@kumo/core/errors';

/** Codes with a dot are Placement's own and reach the wire (1.23). */
export const providerNotFound = defineError(
  'notFound',
  'placement.undefined_code',
  'No resource provider with uuid {uuid} found',
);
export const providerNameTaken = defineError(
  'conflict',
  'placement.duplicate_name',
  'Conflicting resource provider name: {name} already exists.',
);
export const providerUuidTaken = defineError(
  'conflict',
  'placement.undefined_code',
  'Conflicting resource provider uuid: {uuid} already exists.',
);
export const providerInUse = defineError(
  'conflict',
  'placement.resource_provider.inuse',
  'Unable to delete resource provider {uuid}: Resource provider has allocations.',
);
export const providerHasChildren = defineError(
  'conflict',
  'placement.resource_provider.cannot_delete_parent',
  'Unable to delete parent resource provider {uuid}: It has child resource providers.',
);
export const parentNotFound = defineError(
  'badRequest',
  'placement.undefined_code',
  'Unable to save resource provider {uuid}: parent_provider_uuid {parent} does not exist.',
);
export const parentLoop = defineError(
  'badRequest',
  'placement.undefined_code',
  'Unable to save resource provider {uuid}: creating loop in the provider tree is not allowed.',
);
export const reparentTooOld = defineError(
  'badRequest',
  'placement.undefined_code',
  'Unable to save resource provider {uuid}: un-parenting or re-parenting a provider is not currently allowed before microversion 1.37.',
);
export const concurrentUpdate = defineError(
  'conflict',
  'placement.concurrent_update',
  'resource provider generation conflict for {uuid}: please send the generation that you read last ({actual}).',
);
export const consumerGenerationConflict = defineError(
  'conflict',
  'placement.concurrent_update',
  'consumer generation conflict - expected {expected} but got {actual}',
);
export const unknownResourceClass = defineError(
  'badRequest',
  'placement.undefined_code',
  "Unknown resource class '{name}'.",
);
export const resourceClassNotFound = defineError(
  'notFound',
  'placement.undefined_code',
  'No such resource class {name}.',
);
export const resourceClassTaken = defineError(
  'conflict',
  'placement.undefined_code',
  'Resource class {name} already exists.',
);
export const resourceClassInUse = defineError(
  'conflict',
  'placement.undefined_code',
  'Resource class {name} is in use in inventory.',
);
export const standardResourceClass = defineError(
  'badRequest',
  'placement.undefined_code',
  'Cannot delete or rename standard resource class {name}.',
);
export const inventoryNotFound = defineError(
  'notFound',
  'placement.undefined_code',
  'No inventory of class {name} for {uuid}',
);
export const inventoryInUse = defineError(
  'conflict',
  'placement.inventory.inuse',
  "Inventory for '{name}' on resource provider '{uuid}' in use.",
);
export const inventoryTaken = defineError(
  'conflict',
  'placement.undefined_code',
  'Inventory of class {name} exists already on {uuid}.',
);
export const inventoryInvalid = defineError(
  'badRequest',
  'placement.undefined_code',
  "Invalid inventory for '{name}' on resource provider '{uuid}'. The reserved value is greater than {limit}.",
);
export const capacityExceeded = defineError(
  'conflict',
  'placement.undefined_code',
  "Unable to allocate inventory: Unable to create allocation for '{name}' on resource provider '{uuid}'. The requested amount would exceed the capacity.",
);
export const amountNotAllowed = defineError(
  'conflict',
  'placement.undefined_code',
  "Unable to allocate inventory: Unable to create allocation for '{name}' on resource provider '{uuid}'. The requested amount would violate inventory constraints.",
);
export const allocationWithoutInventory = defineError(
  'conflict',
  'placement.undefined_code',
  "Unable to allocate inventory: Inventory for '{name}' on resource provider '{uuid}' does not exist.",
);
export const allocationProviderMissing = defineError(
  'badRequest',
  'placement.undefined_code',
  "Allocation for resource provider '{uuid}' that does not exist.",
);
export const allocationsNotFound = defineError(
  'notFound',
  'placement.undefined_code',
  "No allocations for consumer '{uuid}'",
);
export const traitNotFound = defineError('notFound', 'placement.undefined_code', 'No such trait: {name}.');
export const unknownTraits = defineError('badRequest', 'placement.undefined_code', 'No such trait(s): {names}.');
export const standardTrait = defineError(
  'badRequest',
  'placement.undefined_code',
  'Cannot delete standard trait {name}.',
);
export const traitInUse = defineError(
  'conflict',
  'placement.undefined_code',
  'The trait {name} is in use by a resource provider.',
);
export const badQuery = defineError('badRequest', 'placement.query.bad_value', '{message}');
