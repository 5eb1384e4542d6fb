/** A list as it was asked for, in our own names. */
export interface ListRequest {
  /** By wire name of the attribute. */
  filters: ReadonlyMap<string, readonly string[]>;
  sorts: readonly { key: string; dir: 'asc' | 'desc' }[];
  limit: number;
  marker?: string;
  reverse: boolean;
}

export interface ListPage<T> {
  rows: T[];
  hasMore: boolean;
}
