import { type Db, insertIgnore, nowIso } from '@kumo/core/db';
import type { PlacementTables } from '../db/schema.ts';
import * as errors from '../errors.ts';
import { isStandardClass, STANDARD_CLASSES } from './standard-names.ts';

/** The standard resource classes and the custom ones. */
export class ResourceClasses {
  readonly #db: Db<PlacementTables>;

  constructor(db: Db<PlacementTables>) {
    this.#db = db;
  }

  async list(): Promise<string[]> {
    const custom = await this.#db.q.selectFrom('resource_classes').select('name').orderBy('name').execute();
    return [...STANDARD_CLASSES, ...custom.map(({ name }) => name)];
  }

  /** @throws resourceClassNotFound */
  async show(name: string): Promise<string> {
    if ((await this.#unknown([name])).length > 0) throw errors.resourceClassNotFound({ name });
    return name;
  }

  /** Gives whether it was made now. */
  async ensure(name: string): Promise<boolean> {
    return (await insertIgnore(this.#db.q, 'resource_classes', [{ name, updated_at: nowIso() }])) > 0;
  }

  /** @throws standardResourceClass, resourceClassNotFound, resourceClassInUse */
  async delete(name: string): Promise<void> {
    if (isStandardClass(name)) throw errors.standardResourceClass({ name });
    await this.#db.transaction(async (tx) => {
      const used = await tx
        .selectFrom('inventories')
        .select('resource_class')
        .where('resource_class', '=', name)
        .limit(1)
        .executeTakeFirst();
      if (used) throw errors.resourceClassInUse({ name });
      const { numDeletedRows } = await tx.deleteFrom('resource_classes').where('name', '=', name).executeTakeFirst();
      if (numDeletedRows === 0n) throw errors.resourceClassNotFound({ name });
    });
  }

  /** @throws unknownResourceClass naming the first one that does not exist. */
  async refuseUnknown(names: readonly string[]): Promise<void> {
    const [name] = await this.#unknown(names);
    if (name) throw errors.unknownResourceClass({ name });
  }

  async #unknown(names: readonly string[]): Promise<string[]> {
    const custom = names.filter((name) => !isStandardClass(name));
    if (custom.length === 0) return [];
    const known = await this.#db.q.selectFrom('resource_classes').select('name').where('name', 'in', custom).execute();
    const found = new Set(known.map(({ name }) => name));
    return custom.filter((name) => !found.has(name));
  }
}
