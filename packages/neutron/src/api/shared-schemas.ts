import { LooseBoolean, Nullable } from '@kumo/core/schema';
import { Type as T, type TArray, type TOptional, type TString } from 'typebox';

/** Pieces that the contracts of all resources share. */
export const Id = T.String({ format: 'uuid', maxLength: 36 });
export const ProjectId = T.String({ maxLength: 255 });
export const Name = T.String({ maxLength: 255 });
export const Description = T.String({ maxLength: 255 });
export const Flag = LooseBoolean;
export const Tags = T.Array(T.String({ minLength: 1, maxLength: 60 }), { maxItems: 50, uniqueItems: true });

/** What every standard resource shows. */
export const standardBody = {
  id: T.String(),
  name: T.String(),
  tenant_id: T.String(),
  project_id: T.String(),
  description: T.String(),
  tags: T.Array(T.String()),
  created_at: T.String(),
  updated_at: T.String(),
  revision_number: T.Integer(),
} as const;

/** Whose the new resource is: either name of the same attribute. */
export const ownerInput = {
  tenant_id: T.Optional(ProjectId),
  project_id: T.Optional(ProjectId),
} as const;

export const nameInput = { name: T.Optional(Name), description: T.Optional(Description) } as const;

const Filter = T.Optional(T.Array(T.String({ maxLength: 255 }), { maxItems: 1000 }));

const paging = {
  limit: T.Optional(T.Integer({ minimum: 0, maximum: 0x7fffffff })),
  marker: T.Optional(T.String({ minLength: 1, maxLength: 255 })),
  page_reverse: T.Optional(T.String({ pattern: '^(?:[Tt]rue|[Ff]alse|1|0)$', form: 'True or False' })),
  sort_key: T.Optional(T.Array(T.String({ maxLength: 64 }), { maxItems: 16 })),
  sort_dir: T.Optional(T.Array(T.String({ pattern: '^(?:asc|desc)$', form: 'asc or desc' }), { maxItems: 16 })),
  fields: T.Optional(T.Array(T.String({ maxLength: 64 }), { maxItems: 128 })),
} as const;

const standardFilters = ['id', 'name', 'tenant_id', 'project_id', 'description', 'revision_number'] as const;
const tagFilters = ['tags', 'tags-any', 'not-tags', 'not-tags-any'] as const;
type StandardFilter = (typeof standardFilters)[number] | (typeof tagFilters)[number] | 'changed_since';

/** Query of a list: paging, sorting, `fields`, and one repeatable filter per attribute. Unknown ones are refused. */
export function listQuery<const F extends readonly string[]>(...filters: F) {
  const names = [...standardFilters, ...tagFilters, 'changed_since', ...filters];
  const properties = Object.fromEntries(names.map((name) => [name, Filter])) as {
    [K in F[number] | StandardFilter]: TOptional<TArray<TString>>;
  };
  return T.Object({ ...properties, ...paging }, { additionalProperties: false });
}

/** The same for resources without standard attributes and tags. */
export function plainListQuery<const F extends readonly string[]>(...filters: F) {
  const properties = Object.fromEntries(filters.map((name) => [name, Filter])) as {
    [K in F[number]]: TOptional<TArray<TString>>;
  };
  return T.Object({ ...properties, ...paging }, { additionalProperties: false });
}

export const showQuery = T.Object({ fields: paging.fields }, { additionalProperties: false });

/** `If-Match: revision_number=7`: the change is made only while the resource is still at this revision. */
export const ifMatch = T.Object({ 'if-match': T.Optional(T.String({ maxLength: 64 })) });

export const PageLinks = T.Optional(T.Array(T.Object({ rel: T.String(), href: T.String() })));
export const FixedIp = T.Object({ subnet_id: T.String(), ip_address: T.String() });
export const Address = T.String({ format: 'ip', maxLength: 64 });
export const Route = T.Object(
  { destination: T.String({ format: 'cidr', maxLength: 64 }), nexthop: Address },
  { additionalProperties: false },
);
export const NullableString = Nullable(T.String());
