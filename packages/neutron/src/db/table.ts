import { type Db, type DialectName, type Filter, forUpdate, nowIso, type Page, pageQuery } from '@kumo/core/db';
import type { Kysely, SelectQueryBuilder, Transaction } from 'kysely';
import { type Codec, columnOf } from './codec.ts';
import type { NeutronTables } from './schema.ts';

export type NeutronDb = Db<NeutronTables>;
export type Tx = Transaction<NeutronTables>;
/** A transaction, or the database outside of one. */
export type Query = Kysely<NeutronTables>;

export type StandardTable =
  | 'networks'
  | 'subnets'
  | 'ports'
  | 'routers'
  | 'floating_ips'
  | 'security_groups'
  | 'security_group_rules';

type Untyped = Kysely<Record<string, Record<string, unknown>>>;
export type UntypedSelect = SelectQueryBuilder<
  Record<string, Record<string, unknown>>,
  string,
  Record<string, unknown>
>;

export interface PageRequest {
  filters: readonly Filter[];
  sorts: readonly { key: string; dir: 'asc' | 'desc' }[];
  limit?: number;
  marker?: string;
  reverse?: boolean;
  unknownMarker?: (marker: string | number) => Error;
  /** Narrows what may be seen, or filters by what other tables say. */
  where?: (query: UntypedSelect) => UntypedSelect;
}

/** The statements that are the same for every standard resource. */
export class Table<Rec extends { id: string; revisionNumber: number }> {
  readonly name: StandardTable;
  readonly #codec: Codec<Rec>;

  constructor(name: StandardTable, codec: Codec<Rec>) {
    this.name = name;
    this.#codec = codec;
  }

  /** Adds times and revision 0. */
  async insert(tx: Tx, record: Omit<Rec, 'createdAt' | 'updatedAt' | 'revisionNumber'>): Promise<void> {
    const now = nowIso();
    const row = { ...this.#codec.toRow(record as unknown as Partial<Rec>), created_at: now, updated_at: now };
    await untyped(tx)
      .insertInto(this.name)
      .values({ ...row, revision_number: 0 })
      .execute();
  }

  async find(q: Query, id: string): Promise<Rec | undefined> {
    const row = await untyped(q).selectFrom(this.name).selectAll().where('id', '=', id).executeTakeFirst();
    return row && this.#codec.fromRow(row);
  }

  async findMany(q: Query, ids: readonly string[]): Promise<Rec[]> {
    return ids.length === 0 ? [] : this.where(q, 'id', ids);
  }

  /** The row, locked until the transaction ends. */
  async lock(tx: Tx, id: string, db: { dialect: DialectName }): Promise<Rec | undefined> {
    const query = untyped(tx).selectFrom(this.name).selectAll().where('id', '=', id);
    const row = await forUpdate(query, db).executeTakeFirst();
    return row && this.#codec.fromRow(row);
  }

  /** Rows whose property has one of the values, oldest first. */
  async where(q: Query, property: keyof Rec & string, values: readonly unknown[]): Promise<Rec[]> {
    if (values.length === 0) return [];
    const rows = await untyped(q)
      .selectFrom(this.name)
      .selectAll()
      .where(columnOf(property), 'in', values)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map((row) => this.#codec.fromRow(row));
  }

  /** Changes columns; the revision grows by one. Gives whether the row was there. */
  async update(tx: Query, id: string, changes: Partial<Rec>): Promise<boolean> {
    const row = { ...this.#codec.toRow(changes), updated_at: nowIso() };
    const result = await untyped(tx)
      .updateTable(this.name)
      .set((eb) => ({ ...row, revision_number: eb('revision_number', '+', 1) }))
      .where('id', '=', id)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async remove(tx: Tx, id: string): Promise<boolean> {
    const result = await untyped(tx).deleteFrom(this.name).where('id', '=', id).executeTakeFirst();
    await tx.deleteFrom('tags').where('resource_id', '=', id).execute();
    return result.numDeletedRows > 0n;
  }

  async page(q: Query, request: PageRequest): Promise<Page<Rec>> {
    const all = untyped(q).selectFrom(this.name).selectAll() as unknown as UntypedSelect;
    const { rows, hasMore } = await pageQuery(request.where ? request.where(all) : all, {
      filters: request.filters,
      sorts: request.sorts.map(({ key, dir }) => ({ column: columnOf(key), dir })),
      limit: request.limit,
      marker: request.marker,
      reverse: request.reverse,
      unknownMarker: request.unknownMarker,
    });
    return { rows: rows.map((row) => this.#codec.fromRow(row)), hasMore };
  }
}

function untyped(q: Query): Untyped {
  return q as unknown as Untyped;
}
