import { since } from '@kumo/core/microversion';
import { paging, QueryBoolean, sortKeys, sortList } from '@kumo/core/schema';
import { type Static, Type as T } from 'typebox';

export const Text = T.Optional(T.String({ maxLength: 1024 }));
/** What every list of Cinder takes. Filters that it does not know are ignored, as there. */
export const listQuery = {
  ...paging,
  ...sortKeys,
  ...sortList,
  offset: T.Optional(T.Integer({ minimum: 0, maximum: 0x7fffffff })),
  all_tenants: T.Optional(QueryBoolean),
  with_count: T.Optional(since('3.45', QueryBoolean)),
  project_id: Text,
  user_id: Text,
  id: Text,
  name: Text,
  'name~': T.Optional(since('3.34', T.String({ maxLength: 1024 }))),
  status: Text,
  'status~': T.Optional(since('3.34', T.String({ maxLength: 1024 }))),
  metadata: Text,
  created_at: T.Optional(since('3.60', T.String({ maxLength: 1024 }))),
  updated_at: T.Optional(since('3.60', T.String({ maxLength: 1024 }))),
} as const;
const ListQuery = T.Object(listQuery);
export type ListQuery = Static<typeof ListQuery>;
