import { implement, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { ResourceClasses } from '../app/resource-classes.ts';
import type { TraitFilters, Traits } from '../app/traits.ts';
import { resourceClassTaken } from '../errors.ts';
import * as api from './classes-and-traits.ts';

const classToWire = (name: string) => ({ name, links: [{ rel: 'self', href: `/resource_classes/${name}` }] });

export const resourceClassRoutes = (classes: ResourceClasses): Route[] => [
  implement(api.listResourceClasses, async () => ({ resource_classes: (await classes.list()).map(classToWire) })),
  implement(api.createResourceClass, async ({ body, reply, request }) => {
    if (!(await classes.ensure(body.name))) throw resourceClassTaken({ name: body.name });
    reply.header('location', `${request.baseUrl}/resource_classes/${body.name}`);
  }),
  implement(api.showResourceClass, async ({ params }) => classToWire(await classes.show(params.name))),
  implement(api.ensureResourceClass, async ({ params, reply, request }) => {
    const isNew = await classes.ensure(params.name);
    reply.status(isNew ? 201 : 204);
    reply.header('location', `${request.baseUrl}/resource_classes/${params.name}`);
  }),
  implement(api.deleteResourceClass, ({ params }) => classes.delete(params.name)),
];

function filtersOf(query: { name?: string; associated?: string }): TraitFilters {
  const filters: TraitFilters = {};
  if (query.name?.startsWith('in:')) filters.in = query.name.slice(3).split(',');
  else if (query.name) filters.startsWith = query.name.slice('startswith:'.length);
  if (query.associated !== undefined) filters.associated = parseBoolean(query.associated);
  return filters;
}

const ofProviderToWire = ({ generation, traits }: { generation: number; traits: string[] }) => ({
  resource_provider_generation: generation,
  traits,
});

export const traitRoutes = (traits: Traits): Route[] => [
  implement(api.listTraits, async ({ query }) => ({ traits: await traits.list(filtersOf(query)) })),
  implement(api.showTrait, ({ params }) => traits.show(params.name)),
  implement(api.ensureTrait, async ({ params, reply, request }) => {
    reply.status((await traits.ensure(params.name)) ? 201 : 204);
    reply.header('location', `${request.baseUrl}/traits/${params.name}`);
  }),
  implement(api.deleteTrait, ({ params }) => traits.delete(params.name)),
  implement(api.listProviderTraits, async ({ params }) => ofProviderToWire(await traits.ofProvider(params.uuid))),
  implement(api.replaceProviderTraits, async ({ params, body }) =>
    ofProviderToWire(await traits.replaceOfProvider(params.uuid, body.traits, body.resource_provider_generation)),
  ),
  implement(api.deleteProviderTraits, async ({ params }) => {
    await traits.replaceOfProvider(params.uuid, [], undefined);
  }),
];
