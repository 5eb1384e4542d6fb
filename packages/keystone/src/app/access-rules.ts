import { isForeignKeyViolation, type Page } from '@kumo/core/db';
import { deleteAccessRule, findAccessRule, listAccessRules, type StoredAccessRule } from '../db/access-rules.ts';
import { notFound, stillInUse } from '../errors.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** The access rules that users have made with their application credentials. */
export class AccessRules {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  /** @throws notFound when the user has none of this id. */
  async get(userId: string, id: string): Promise<StoredAccessRule> {
    const rule = await findAccessRule(this.#parts.db.q, userId, id);
    if (!rule) throw notFound({ kind: 'Access Rule', id });
    return rule;
  }

  list(wanted: ListWanted): Promise<Page<StoredAccessRule>> {
    return listAccessRules(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound; stillInUse when an application credential has it. */
  async delete(userId: string, id: string): Promise<void> {
    await this.get(userId, id);
    try {
      await this.#parts.changes.write((tx) => deleteAccessRule(tx, id), []);
    } catch (cause) {
      if (!isForeignKeyViolation(cause)) throw cause;
      throw stillInUse({ message: 'May not delete access rule in use' }, { cause });
    }
  }
}
