import { leaseMigration } from '@kumo/core/db';
import { flowMigration } from '@kumo/core/flow';
import { quotaMigration } from '@kumo/core/quota';
import { initial } from './0001-initial.ts';

export const migrations = [flowMigration, quotaMigration, leaseMigration, initial];
