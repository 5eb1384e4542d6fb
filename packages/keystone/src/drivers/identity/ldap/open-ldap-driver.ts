import type { Logger } from '@kumo/core/log';
import type { IdentityDriver } from '../directory.ts';
import { LdapDriver } from './ldap-driver.ts';
import { ldapOptions } from './ldap-options.ts';
import type { LdapLimits } from './ldap-server.ts';

/**
 * The directory that a domain's options of the group `ldap` describe. Nothing is connected yet.
 * @throws Error that says what is wrong with which option.
 */
export function openLdapDriver(
  given: Readonly<Record<string, unknown>>,
  parts: { limits: LdapLimits; log: Logger },
): IdentityDriver {
  return new LdapDriver(ldapOptions(given), parts);
}
