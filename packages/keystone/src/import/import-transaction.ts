import type { Transaction } from 'kysely';
import type { KeystoneTables } from '../db/schema.ts';
import type { Foreign } from './pages.ts';

/** Rows in one INSERT. */
const BATCH = 200;

/** What the steps of an import work with. */
export class ImportTransaction {
  readonly from: Foreign;
  readonly tx: Transaction<KeystoneTables>;
  /** Rows that were taken over, by table. */
  readonly taken: Record<string, number> = {};
  /** Rows that were not, by reason. */
  readonly left: Record<string, number> = {};

  constructor(from: Foreign, tx: Transaction<KeystoneTables>) {
    this.from = from;
    this.tx = tx;
  }

  /** Inserts rows, and counts them. */
  async insert<T extends keyof KeystoneTables & string>(table: T, rows: readonly KeystoneTables[T][]): Promise<void> {
    this.taken[table] = (this.taken[table] ?? 0) + rows.length;
    for (let at = 0; at < rows.length; at += BATCH) {
      const values = rows.slice(at, at + BATCH);
      await this.tx
        .insertInto(table)
        .values(values as never)
        .execute();
    }
  }

  leave(reason: string, count: number): void {
    if (count > 0) this.left[reason] = (this.left[reason] ?? 0) + count;
  }
}
