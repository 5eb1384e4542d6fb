import { OpaqueId } from '@kumo/core/schema';
import { type Static, Type as T, type TSchema } from 'typebox';

/** Links of one resource. */
export const SelfLink = T.Object({ self: T.String() });
/** Links of a list. */
export const ListLinks = T.Object({
  self: T.String(),
  next: T.Union([T.String(), T.Null()]),
  previous: T.Union([T.String(), T.Null()]),
});
export type ListLinks = Static<typeof ListLinks>;

export const Id = OpaqueId;
/** A reference in a query: any text; what is not there is found to be so. */
export const IdQuery = T.String({ maxLength: 255 });
export const Options = T.Record(T.String({ maxLength: 255 }), T.Unknown(), { maxProperties: 64 });
/** Options of projects, domains and roles; null takes one away. */
export const ResourceOptions = T.Object(
  { immutable: T.Optional(T.Union([T.Boolean(), T.Null()])) },
  { additionalProperties: false },
);
export const Description = T.String({ maxLength: 4096 });
export const NameOrIdRef = {
  id: T.Optional(T.String({ minLength: 1, maxLength: 64 })),
  name: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
};

/** Pages of a list. Parameters that are not known are passed over, as Keystone does. */
export const page = {
  limit: T.Optional(T.Integer({ minimum: 1, maximum: 100_000 })),
  marker: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
};

/** `name`, and the searches `name__contains` and `name__startswith`. */
export const nameSearch = {
  name: T.Optional(T.String({ maxLength: 255 })),
  name__contains: T.Optional(T.String({ maxLength: 255 })),
  name__startswith: T.Optional(T.String({ maxLength: 255 })),
};

/** A truth value in a query: anything but a text for "no" is "yes", `?enabled` without a value included. */
export const QueryFlag = T.String({ maxLength: 16 });

/** `{projects: […], links}` */
export function listOf<const K extends string, S extends TSchema>(key: K, schema: S) {
  return T.Object({ [key]: T.Array(schema), links: ListLinks } as Record<K, ReturnType<typeof T.Array<S>>> & {
    links: typeof ListLinks;
  });
}
