/** What operators do to an identity service on a node itself: on its database and its keys, whether it runs or not. */
import type { DaemonEnv } from '@kumo/core/daemon';
import { bootstrapKeystone, type KeystoneBootstrap } from './app/bootstrap.ts';
import { composeApp, type KeystoneParts } from './app/compose.ts';
import { throttleKeyOf } from './app/login-throttle.ts';
import type { KeystoneConfig } from './config.ts';
import type { MappingFilter } from './db/id-mappings.ts';
import { openKeystoneDatabase } from './db/open.ts';
import { type ImportOptions, type ImportReport, importKeystone } from './import/import-keystone.ts';
import type { KeyRotation } from './tokens/key-storage.ts';
import { maxActiveKeysOf, openKeyrings } from './tokens/open-keyring.ts';
import { tokenTime } from './tokens/token-claims.ts';
import { unpackClaims } from './tokens/token-payload.ts';

export type { ImportOptions, ImportReport, KeyRotation };

/** What a token says and whether it is valid. */
export interface TokenInspection {
  readonly valid: boolean;
  /** The number of the key that made it. */
  readonly keyNumber: number;
  readonly userId: string;
  readonly methods: readonly string[];
  /** `{kind: 'project', projectId}` and the like. */
  readonly scope: Readonly<Record<string, string>>;
  readonly trustId?: string;
  readonly applicationCredentialId?: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly auditIds: readonly string[];
  /** Of a valid token. */
  readonly userName?: string;
  readonly roles?: readonly string[];
}

export class KeystoneOperator {
  readonly #parts: KeystoneParts;
  readonly #config: KeystoneConfig;
  readonly #log: DaemonEnv['log'];

  private constructor(parts: KeystoneParts, config: KeystoneConfig, log: DaemonEnv['log']) {
    this.#parts = parts;
    this.#config = config;
    this.#log = log;
  }

  /** Opens the database, which is brought up to date, and the keys, which are made when there are none. */
  static async open(env: DaemonEnv, config: KeystoneConfig): Promise<KeystoneOperator> {
    const { log, stateDir } = env;
    const db = await openKeystoneDatabase(env, 'kumo');
    try {
      const keyrings = await openKeyrings({ config, stateDir, db });
      const parts = composeApp({
        db,
        keyrings,
        config,
        log,
        publicEndpoint: env.endpoint('keystone'),
        throttleKey: throttleKeyOf(env),
      });
      return new KeystoneOperator(parts, config, log);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#parts.db.close();
  }

  /**
   * Adds what a cloud needs to log in, as every start does. With `resetPasswords` the users that it names get the
   * configured passwords again, whatever they have now, and are unlocked.
   */
  async bootstrap(wanted: KeystoneBootstrap, { resetPasswords = false } = {}): Promise<void> {
    const { db, changes, locks } = this.#parts;
    if (resetPasswords) {
      const ids = (await db.q.selectFrom('bootstrap_passwords').select('user_id').execute()).map((row) => row.user_id);
      await changes.write(async (tx) => {
        await tx.deleteFrom('bootstrap_passwords').execute();
      });
      for (const id of ids) await locks.unlock(id);
    }
    await bootstrapKeystone(this.#parts, wanted);
  }

  /** New keys for tokens or for receipts. Tokens of the keys that went are no longer valid. */
  rotateFernet(purpose: 'tokens' | 'receipts'): Promise<KeyRotation> {
    return this.#parts.keyrings[purpose].rotate(maxActiveKeysOf(purpose, this.#config));
  }

  /** A new key for credentials, which are all encrypted anew with it. May be stopped and run again. */
  async rotateCredentials(): Promise<KeyRotation & { readonly encryptedAnew: number }> {
    const { credentialKeys } = this.#parts;
    // What a rotation that was stopped left.
    await credentialKeys.migrate();
    const rotation = await credentialKeys.rotate();
    return { ...rotation, encryptedAnew: await credentialKeys.migrate() };
  }

  /** Undefined for what none of the keys has made. */
  async inspect(token: string): Promise<TokenInspection | undefined> {
    const opened = await this.#parts.keyrings.tokens.decrypt(token);
    const claims = opened && unpackClaims(opened.plain);
    if (!opened || !claims) return undefined;
    const valid = await this.#parts.tokens.find(token);
    return {
      valid: valid !== undefined,
      keyNumber: opened.keyNumber,
      userId: claims.userId,
      methods: claims.methods,
      scope: { ...claims.scope },
      trustId: claims.trustId,
      applicationCredentialId: claims.applicationCredentialId,
      issuedAt: tokenTime(opened.seconds),
      expiresAt: tokenTime(claims.expiresAt),
      auditIds: claims.auditIds,
      userName: valid?.identity.user.name,
      roles: valid?.roles.map((role) => role.name),
    };
  }

  /** The id of a user by name or id, in a domain by name or id. */
  async userId(nameOrId: string, domain: string): Promise<string | undefined> {
    const { references } = this.#parts;
    for (const ref of [
      { name: nameOrId, domain: { name: domain } },
      { name: nameOrId, domain: { id: domain } },
    ]) {
      const { user: found } = await references.tried(ref);
      if (found) return found.id;
    }
    return (await references.tried({ id: nameOrId })).user?.id;
  }

  /** Nobody logs in as this user until it is unlocked; its tokens end. @throws notFound */
  lock(userId: string): Promise<void> {
    return this.#parts.locks.lock(userId);
  }

  /** @throws notFound */
  unlock(userId: string): Promise<void> {
    return this.#parts.locks.unlock(userId);
  }

  /**
   * Forgets the ids of users and groups in directories; those that are still there come back with the same ids, unless
   * they were brought along from elsewhere.
   * @param wanted all conditions hold together; none: all. @returns how many went; undefined: there is no such domain
   */
  async purgeMappings({ domain, ...wanted }: Omit<MappingFilter, 'domainId'> & { domain?: string }) {
    const { references, access, idMappings } = this.#parts;
    if (domain === undefined) return idMappings.purge(wanted);
    const domainId = (await references.domainId({ name: domain })) ?? (await access.domain(domain))?.id;
    return domainId === undefined ? undefined : idMappings.purge({ ...wanted, domainId });
  }

  /** @see importKeystone */
  import(options: ImportOptions): Promise<ImportReport> {
    return importKeystone({ ...this.#parts, log: this.#log }, options);
  }
}
