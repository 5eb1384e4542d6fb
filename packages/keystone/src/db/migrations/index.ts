import type { Migration } from '@kumo/core/db';
import { initial } from './0001-initial.ts';
import { tokens } from './0002-tokens.ts';
import { delegation } from './0003-delegation.ts';
import { credentials } from './0004-credentials.ts';
import { passwords } from './0005-passwords.ts';
import { assignments } from './0006-assignments.ts';
import { catalog } from './0007-catalog.ts';
import { domainConfig } from './0008-domain-config.ts';
import { revocationsInOrder } from './0009-revocations-in-order.ts';
import { loginThrottles } from './0010-login-throttles.ts';

/** In the order in which they are run. */
export const migrations: readonly Migration[] = [
  initial,
  tokens,
  delegation,
  credentials,
  passwords,
  assignments,
  catalog,
  domainConfig,
  revocationsInOrder,
  loginThrottles,
];
