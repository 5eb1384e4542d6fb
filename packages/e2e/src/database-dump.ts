import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dumpSqlite } from '../../core/src/testing/sqlite-dump.ts';

/**
 * What changes by itself while nobody asks for anything: signs of life, leases, capacity reports. Of an image, when it was
 * last touched: data that is refused has been looked at first. And the count of wrong passwords.
 */
const RESTLESS: Readonly<Record<string, readonly string[] | 'all'>> = {
  'nova.services': ['updated_at', 'last_seen_at', 'last_seen_up', 'report_count'],
  'nova.compute_nodes': 'all',
  'cinder.services': 'all',
  'neutron.agents': 'all',
  'glance.images': ['updated_at'],
  'keystone.login_throttles': 'all',
};
const RESTLESS_TABLES = /lease/;

/** Every row of every table of a cloud's SQLite databases, by `service.table`; without what changes by itself. */
export function dumpDatabases(stateDir: string): Map<string, string[]> {
  const dump = new Map<string, string[]>();
  for (const file of globSync('*.db', { cwd: join(stateDir, 'db') }).sort()) {
    for (const [table, rows] of dumpSqlite(join(stateDir, 'db', file))) {
      const key = `${basename(file, '.db')}.${table}`;
      const restless = RESTLESS[key] ?? [];
      if (restless === 'all' || RESTLESS_TABLES.test(table)) continue;
      for (const row of rows) for (const column of restless) delete row[column];
      dump.set(key, rows.map((row) => JSON.stringify(row)).sort());
    }
  }
  return dump;
}

/** Lines that only one of two dumps has, with their table; empty when they are the same. */
export function differences(before: Map<string, string[]>, after: Map<string, string[]>): string[] {
  const found: string[] = [];
  for (const table of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [new Set(before.get(table)), new Set(after.get(table))];
    for (const row of old.difference(now)) found.push(`- ${table} ${row}`);
    for (const row of now.difference(old)) found.push(`+ ${table} ${row}`);
  }
  return found;
}
