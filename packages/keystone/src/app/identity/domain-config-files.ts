import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@kumo/core/log';
import { LDAP_OPTIONS } from '../../drivers/identity/ldap/option-table.ts';
import type { DomainOptions } from './domain-options.ts';
import { parseIni } from './ini.ts';

/** `keystone.<name of the domain>.conf` */
const FILE = /^keystone\.(.+)\.conf$/;
const OTHERS = 0o077;

/**
 * The domains' own configurations in a directory and those below it, by the domains' names. Read once, as Keystone does.
 * @throws Error when the directory or a file cannot be read.
 */
export function readDomainConfigFiles(directory: string, log: Logger): ReadonlyMap<string, DomainOptions> {
  const found = new Map<string, DomainOptions>();
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const name = FILE.exec(entry.name)?.[1];
    if (name === undefined || entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const options = optionsIn(readFileSync(path, 'utf8'));
    if (options.ldap?.password !== undefined && (statSync(path).mode & OTHERS) !== 0)
      log.warn({ path }, 'this file has a password in it, and others can read it: chmod 600');
    found.set(name, options);
  }
  return found;
}

/** The groups that concern drivers; texts may name other options as `$suffix` or `${ldap.suffix}`. */
export function optionsIn(text: string): DomainOptions {
  const groups = parseIni(text);
  const valueAt = (group: string, option: string) =>
    groups.get(group)?.get(option) ?? groups.get('DEFAULT')?.get(option) ?? initialOf(group, option);
  const read = (group: string) =>
    Object.fromEntries(
      [...(groups.get(group) ?? [])].map(([option, value]) => [
        option,
        value.replaceAll(/\$(?:(\$)|\{([\w.]+)\}|(\w+))/g, (whole, dollar?: string, braced?: string, bare?: string) => {
          if (dollar) return '$';
          const [first = '', second] = (braced ?? bare ?? '').split('.');
          return (second === undefined ? valueAt(group, first) : valueAt(first, second)) ?? whole;
        }),
      ]),
    );
  return { identity: read('identity'), ldap: read('ldap') };
}

function initialOf(group: string, option: string): string | undefined {
  if (group !== 'ldap' || !Object.hasOwn(LDAP_OPTIONS, option)) return undefined;
  const { initial } = LDAP_OPTIONS[option as keyof typeof LDAP_OPTIONS];
  return initial === null ? undefined : String(initial);
}
