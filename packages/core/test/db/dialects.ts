import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe } from 'node:test';
import { type Db, type Migration, openDatabase } from '../../src/db/index.ts';
import { silentLogger } from '../../src/log/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'kumo-db-test-'));
after(() => rmSync(directory, { recursive: true, force: true }));

export interface Subject {
  name: string;
  /** The URL of a database that does not exist yet. */
  newUrl(): string;
}

let count = 0;
const fresh = () => {
  count += 1;
  return `kumo_${process.pid}_${count}`;
};

/** SQLite always; the servers that the environment names. */
export const subjects: Subject[] = [
  { name: 'SQLite in memory', newUrl: () => 'sqlite::memory:' },
  { name: 'SQLite in a file', newUrl: () => `sqlite:${join(directory, fresh())}.db` },
];
for (const [name, base] of [
  ['MariaDB', process.env.KUMO_TEST_MYSQL_URL],
  ['PostgreSQL', process.env.KUMO_TEST_POSTGRES_URL],
] as const) {
  if (base) subjects.push({ name, newUrl: () => base.replace(/\/[^/]*$/, `/${fresh()}`) });
}

/** Declares the same tests for each database. */
export function onEachDatabase(title: string, body: (subject: Subject) => void): void {
  for (const subject of subjects) describe(`${title} · ${subject.name}`, () => body(subject));
}

export function openTest<Schema>(url: string, migrations: readonly Migration[], service = 'test'): Promise<Db<Schema>> {
  return openDatabase<Schema>({ url, service, from: 'test-api', migrations, log: silentLogger });
}

export const log = silentLogger;
