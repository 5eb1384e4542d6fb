import type { Db } from '@kumo/core/db';
import type { Changes } from '../db/changes.ts';
import type { KeystoneTables } from '../db/schema.ts';
import type { Access } from './access.ts';
import type { Deletions } from './deletions.ts';
import type { Identities } from './identity/identities.ts';
import type { RevokedTokens } from './revoked-tokens.ts';

/** What the rules of every resource need: the database, caches, access checks. */
export interface ResourceDeps {
  readonly db: Db<KeystoneTables>;
  readonly changes: Changes;
  readonly revoked: RevokedTokens;
  readonly access: Access;
  readonly identities: Identities;
  readonly deletions: Deletions;
  /** Rows of one list at most. */
  readonly listLimit: number;
}
