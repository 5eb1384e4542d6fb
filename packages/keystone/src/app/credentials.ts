import { randomBytes } from 'node:crypto';
import type { Filter, Page } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import type { CredentialCipher } from '../credentials/credential-cipher.ts';
import type { CredentialSettings } from '../credentials/credential-settings.ts';
import { BOUND_KEYS, ec2Id, parseEc2Blob } from '../credentials/ec2-blob.ts';
import {
  countCredentials,
  deleteCredential,
  findCredential,
  insertCredential,
  listCredentials,
  replaceBlob,
  type StoredCredential,
} from '../db/credentials.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { conflict, credentialLimit, invalid, notFound } from '../errors.ts';
import type { TotpSecrets } from './auth-methods/totp.ts';
import { refusingDuplicates } from './duplicates.ts';
import { type ListWanted, pageOptions } from './list-page.ts';
import { newId } from './new-id.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** Stands in where a user has no secret, so that the check takes as long: of the length of a device's secret in base32. */
const NO_SECRET = 'A'.repeat(32);

export interface Credential {
  readonly id: string;
  readonly userId: string;
  readonly projectId: string | null;
  readonly type: string;
  /** In clear. */
  readonly blob: string;
  readonly extra: Record<string, unknown>;
}

interface CredentialsParts extends ResourceDeps {
  readonly cipher: CredentialCipher;
  readonly settings: CredentialSettings;
}

/** What users keep with Keystone: EC2 keys, secrets of passcode devices, certificates. Encrypted in the database. */
export class Credentials implements TotpSecrets {
  readonly #parts: CredentialsParts;

  constructor(parts: CredentialsParts) {
    this.#parts = parts;
  }

  /** Undefined when there is none. */
  async find(id: string): Promise<Credential | undefined> {
    const found = await findCredential(this.#parts.db.q, id);
    return found && this.#opened(found);
  }

  /** The credential of an EC2 access key; undefined when there is none. */
  async findByAccess(access: string): Promise<Credential | undefined> {
    const found = await this.find(ec2Id(access));
    return found?.type === 'ec2' ? found : undefined;
  }

  async list(wanted: ListWanted): Promise<Page<Credential>> {
    const { rows, hasMore } = await listCredentials(this.#parts.db.q, pageOptions(wanted, this.#parts.listLimit));
    return { rows: await Promise.all(rows.map((one) => this.#opened(one))), hasMore };
  }

  async secretsOf(userId: string): Promise<string[]> {
    const filters: Filter[] = [
      { column: 'user_id', op: 'eq', value: userId },
      { column: 'type', op: 'eq', value: 'totp' },
    ];
    const { rows } = await this.list({ filters });
    if (rows.length > 0) return rows.map((one) => one.blob);
    // Sealing is as much work as opening.
    const { cipher } = this.#parts;
    await cipher.fresh();
    cipher.seal('totp', NO_SECRET);
    return [];
  }

  /** An EC2 key's id follows from its access key. @throws invalid, alreadyExists, credentialLimit */
  async create(wanted: Omit<Credential, 'id'>): Promise<Credential> {
    const { cipher, changes } = this.#parts;
    const isEc2 = wanted.type.toLowerCase() === 'ec2';
    if (isEc2 && wanted.projectId === null) throw invalid({ message: 'An ec2 credential requires project_id.' });
    const id = isEc2 ? ec2Id(parseEc2Blob(wanted.blob).access) : newId();
    const { blob, ...others } = wanted;
    await cipher.fresh();
    const stored: StoredCredential = { ...others, id, ...cipher.seal(wanted.type, blob) };
    await refusingDuplicates('credential', id, () =>
      changes.write(async (tx) => {
        await this.#refuseTooMany(tx, wanted.userId);
        await insertCredential(tx, stored);
      }, []),
    );
    return { ...wanted, id };
  }

  /** A new EC2 key pair of a user for a project. */
  createEc2(userId: string, projectId: string): Promise<Credential> {
    const secret = () => randomBytes(16).toString('hex');
    const blob = JSON.stringify({ access: secret(), secret: secret(), trust_id: null });
    return this.create({ userId, projectId, type: 'ec2', blob, extra: {} });
  }

  /** Another blob, the one thing that can be changed. @throws notFound, invalid, conflict */
  async update(id: string, blob: string): Promise<Credential> {
    const { db, cipher, changes } = this.#parts;
    const stored = await findCredential(db.q, id);
    if (!stored) throw notFound({ kind: 'credential', id });
    const known = await this.#opened(stored);
    if (known.type.toLowerCase() === 'ec2') refuseRebinding(known.blob, blob);
    await cipher.fresh();
    const isReplaced = await changes.write((tx) => replaceBlob(tx, stored, cipher.seal(known.type, blob)), []);
    if (!isReplaced) throw conflict({ message: 'The credential was changed by somebody else: try again.' });
    return { ...known, blob };
  }

  /** Nothing happens when there is none. */
  async delete(id: string): Promise<void> {
    await this.#parts.changes.write((tx) => deleteCredential(tx, id), []);
  }

  async #refuseTooMany(tx: Transaction<KeystoneTables>, userId: string): Promise<void> {
    const limit = this.#parts.settings.userLimit;
    if (limit >= 0 && (await countCredentials(tx, userId)) >= limit) throw credentialLimit({ limit });
  }

  async #opened({ encryptedBlob, keyHash: _, ...others }: StoredCredential): Promise<Credential> {
    return { ...others, blob: await this.#parts.cipher.open(others.type, { encryptedBlob }) };
  }
}

/** @throws invalid */
function refuseRebinding(known: string, wanted: string): void {
  const [old, next] = [parseEc2Blob(known), parseEc2Blob(wanted)];
  for (const key of BOUND_KEYS)
    if ((old[key] ?? null) !== (next[key] ?? null))
      throw invalid({ message: `${key} can not be updated for credential` });
}
