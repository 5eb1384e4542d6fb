import { leaseMigration, type Migration } from '@kumo/core/db';
import { flowMigration } from '@kumo/core/flow';
import { quotaMigration } from '@kumo/core/quota';
import { initial } from './0001-initial.ts';
import { volumeClaims } from './0002-volume-claims.ts';

/** In the order in which they are run; all of Nova's daemons open the database with the same list. */
export const migrations: readonly Migration[] = [flowMigration, quotaMigration, leaseMigration, initial, volumeClaims];
