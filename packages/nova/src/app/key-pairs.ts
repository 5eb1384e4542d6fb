import { type Db, isUniqueViolation } from '@kumo/core/db';
import { pageSize } from '@kumo/core/http';
import * as store from '../db/key-pairs.ts';
import type { NovaTables } from '../db/schema.ts';
import { keyPairExists, keyPairInvalid, keyPairNotFound, markerNotFound } from '../errors.ts';
import type { NovaQuotas } from './quotas.ts';
import { newSshKey, readPublicKey } from './ssh-keys.ts';

export type KeyPair = store.KeyPair;

export class KeyPairs {
  readonly #db: Db<NovaTables>;
  readonly #quotas: NovaQuotas;
  readonly #maxPageSize: number;

  constructor(db: Db<NovaTables>, quotas: NovaQuotas, maxPageSize: number) {
    this.#db = db;
    this.#quotas = quotas;
    this.#maxPageSize = maxPageSize;
  }

  async list(userId: string, query: { limit?: number; marker?: string }) {
    return store.listKeyPairs(this.#db.q, {
      userId,
      limit: pageSize(query.limit, this.#maxPageSize),
      marker: query.marker,
      unknownMarker: (marker) => markerNotFound({ marker }),
    });
  }

  /** @throws 404 */
  async get(userId: string, name: string): Promise<KeyPair> {
    const found = await store.findKeyPair(this.#db.q, userId, name);
    if (!found) throw keyPairNotFound({ name, user: userId });
    return found;
  }

  /**
   * Imports a public key, or makes a pair when none is given.
   * @param projectId whose limit holds for all that the user has.
   * @throws 400, 403 over quota, 409 when the name is taken.
   */
  async create(
    userId: string,
    projectId: string,
    wanted: { name: string; type: string; publicKey?: string },
  ): Promise<KeyPair & { privateKey?: string }> {
    const { name, type } = wanted;
    if (type !== 'ssh')
      throw keyPairInvalid({
        reason: `the type ${type} is not supported: this cloud boots Linux guests with ssh keys`,
      });
    const imported = wanted.publicKey === undefined ? undefined : readPublicKey(wanted.publicKey);
    if (await store.findKeyPair(this.#db.q, userId, name)) throw keyPairExists({ name });
    const key: { publicKey: string; fingerprint: string; privateKey?: string } = imported ?? (await newSshKey());
    const { publicKey, fingerprint, privateKey } = key;
    try {
      await this.#db.transaction(async (tx) => {
        const count = () => store.countKeyPairs(tx, userId);
        await this.#quotas.checkOwn(tx, projectId, { resource: 'key_pairs', userId, requested: 1, count });
        await store.insertKeyPair(tx, { userId, name, type, publicKey, fingerprint });
      });
    } catch (error) {
      if (isUniqueViolation(error) && (await store.findKeyPair(this.#db.q, userId, name)))
        throw keyPairExists({ name }, { cause: error });
      throw error;
    }
    return { ...(await this.get(userId, name)), privateKey };
  }

  async delete(userId: string, name: string): Promise<void> {
    if (!(await store.deleteKeyPair(this.#db.q, userId, name))) throw keyPairNotFound({ name, user: userId });
  }
}
