import { Type as T } from 'typebox';

/** The properties of a list's query that all services share; spread them into the query's `T.Object`. */
export const paging = {
  limit: T.Optional(T.Integer({ minimum: 0, maximum: 0x7fffffff })),
  marker: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
} as const;

/** `sort_key=a&sort_dir=asc`, each repeatable. */
export const sortKeys = {
  sort_key: T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 16 })),
  sort_dir: T.Optional(
    T.Array(T.String({ pattern: '^(?:asc|desc|ASC|DESC)$', form: 'asc or desc' }), { maxItems: 16 }),
  ),
} as const;

/** `sort=a:asc,b`. */
export const sortList = { sort: T.Optional(T.String({ maxLength: 1024 })) } as const;

/** `fields=id&fields=name` (Neutron) or `fields=id,name`. */
export const fieldList = { fields: T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 128 })) } as const;
