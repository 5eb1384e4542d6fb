import { createHash } from 'node:crypto';
import type { Db } from '@kumo/core/db';
import type { Changes } from '../../db/changes.ts';
import {
  deleteMappings,
  findMapping,
  findMappings,
  type IdMapping,
  insertMappings,
  type MappedKind,
  type MappingFilter,
  publicIdsOf,
} from '../../db/id-mappings.ts';
import type { KeystoneTables } from '../../db/schema.ts';

/**
 * The ids by which the API knows users and groups of directories. An id stays as long as the directory's own id does: it is
 * made as Keystone makes it, so that it comes out the same again, and one that was brought along from elsewhere is kept.
 */
export class IdMappings {
  readonly #db: Db<KeystoneTables>;
  readonly #changes: Changes;

  constructor(db: Db<KeystoneTables>, changes: Changes) {
    this.#db = db;
    this.#changes = changes;
  }

  /** Undefined for an id of no directory. */
  find(publicId: string): Promise<IdMapping | undefined> {
    return findMapping(this.#db.q, publicId);
  }

  findAll(publicIds: readonly string[]): Promise<IdMapping[]> {
    return findMappings(this.#db.q, publicIds);
  }

  /** The ids of some users or groups, by the directory's own; those that are seen for the first time are given one. */
  async publicIds(
    domainId: string,
    kind: MappedKind,
    localIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>> {
    const known = await publicIdsOf(this.#db.q, { domainId, kind, localIds });
    const fresh = localIds.filter((id) => !known.has(id));
    if (fresh.length === 0) return known;
    const mappings = fresh.map((localId) => ({ localId, domainId, kind, publicId: idFor(domainId, kind, localId) }));
    // Nothing that is kept in memory is about what was not there: no change that others would have to hear of.
    await this.#db.transaction((tx) => insertMappings(tx, mappings), { name: 'mapIds' });
    return publicIdsOf(this.#db.q, { domainId, kind, localIds });
  }

  async publicId(domainId: string, kind: MappedKind, localId: string): Promise<string> {
    const ids = await this.publicIds(domainId, kind, [localId]);
    const id = ids.get(localId);
    if (id === undefined) throw new Error(`the id of ${kind} ${JSON.stringify(localId)} is that of another one`);
    return id;
  }

  /** Forgets mappings; those of what is still in a directory come back with the same ids. @returns how many went. */
  purge(filter: MappingFilter): Promise<number> {
    return this.#changes.write((tx) => deleteMappings(tx, filter));
  }
}

/** SHA-256 over the parts in the order of their names in Keystone: domain_id, entity_type, local_id. */
export function idFor(domainId: string, kind: MappedKind, localId: string): string {
  return createHash('sha256').update(domainId).update(kind).update(localId).digest('hex');
}
