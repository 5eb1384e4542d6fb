import type { Transaction } from 'kysely';
import type { KeystoneTables } from '../db/schema.ts';

/** What, when it is deleted, takes other things with it. */
export type DeletedKind = 'user' | 'group' | 'project' | 'domain' | 'role';

type Hook = (tx: Transaction<KeystoneTables>, ids: readonly string[]) => Promise<void>;

/**
 * Who keeps things that belong to a user, project, … without a foreign key that would remove them (a user may live in a
 * directory) says here how they go. Hooks run in the transaction of the deletion, before the rows themselves go.
 */
export class Deletions {
  readonly #hooks = new Map<DeletedKind, Hook[]>();

  /** At composition, before the first request. */
  on(kind: DeletedKind, hook: Hook): void {
    const known = this.#hooks.get(kind);
    if (known) known.push(hook);
    else this.#hooks.set(kind, [hook]);
  }

  async run(kind: DeletedKind, tx: Transaction<KeystoneTables>, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    for (const hook of this.#hooks.get(kind) ?? []) await hook(tx, ids);
  }
}
