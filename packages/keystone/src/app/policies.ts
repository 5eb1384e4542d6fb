import type { Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import {
  deletePolicy,
  findPolicy,
  insertPolicy,
  listPolicies,
  type StoredPolicy,
  updatePolicy,
} from '../db/policies.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { notFound } from '../errors.ts';
import { given } from './extra-attributes.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import type { ResourceDeps } from './resource-deps.ts';

type Values = { readonly [K in keyof StoredPolicy]?: StoredPolicy[K] | undefined };

/** Policy documents that services may fetch for their endpoints. */
export class Policies {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  list(wanted: ListWanted): Promise<Page<StoredPolicy>> {
    return listPolicies(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
  }

  /** @throws notFound */
  async get(id: string): Promise<StoredPolicy> {
    const policy = await findPolicy(this.#parts.db.q, id);
    if (!policy) throw notFound({ kind: 'policy', id });
    return policy;
  }

  async create(wanted: Omit<StoredPolicy, 'id'>): Promise<StoredPolicy> {
    const policy = { ...wanted, id: newId() };
    await this.#write((tx) => insertPolicy(tx, policy));
    return policy;
  }

  /** @throws notFound */
  async update(id: string, wanted: Values): Promise<StoredPolicy> {
    const known = await this.get(id);
    const policy = { ...known, ...given(wanted), extra: { ...known.extra, ...wanted.extra }, id };
    await this.#write((tx) => updatePolicy(tx, policy));
    return policy;
  }

  /** With its associations. @throws notFound */
  async delete(id: string): Promise<void> {
    await this.get(id);
    await this.#write((tx) => deletePolicy(tx, id));
  }

  #write<T>(work: (tx: Transaction<KeystoneTables>) => Promise<T>): Promise<T> {
    return this.#parts.changes.write(work, []);
  }
}
