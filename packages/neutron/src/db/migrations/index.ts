import type { Migration } from '@kumo/core/db';
import { quotaMigration } from '@kumo/core/quota';
import { initial } from './0001-initial.ts';
import { dnsNamedAt } from './0002-dns-named-at.ts';

/** In the order in which they are run. */
export const migrations: readonly Migration[] = [initial, quotaMigration, dnsNamedAt];
