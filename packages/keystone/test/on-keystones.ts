import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Db } from '@kumo/core/db';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { openKeystoneDatabase } from '../src/db/open.ts';
import type { KeystoneTables } from '../src/db/schema.ts';
import { TestKeystone } from './harness.ts';

/** The tests of one subject: they may look into, and change, the database below the Keystone that they ask. */
export type KeystoneSuite = (engine: string, cloud: () => TestKeystone, database: () => Db<KeystoneTables>) => void;

/** Suites on a Keystone on SQLite and, with KUMO_TEST_DATABASES=all, on MariaDB and PostgreSQL. */
export function onKeystones(name: string, config: object, suites: readonly KeystoneSuite[]): void {
  onDatabases(name, ({ engine, url }) => {
    let keystone: TestKeystone | undefined;
    let db: Db<KeystoneTables> | undefined;
    const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
    before(async () => {
      // A file: the tests open the same database once more.
      const databaseUrl = engine === 'sqlite' ? `sqlite:${join(dir, 'keystone.db')}` : url('keystone');
      keystone = await TestKeystone.start({ databaseUrl, config });
      db = await openKeystoneDatabase(keystone.env, 'test');
    });
    after(async () => {
      await db?.close();
      await keystone?.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    for (const suite of suites)
      suite(
        engine,
        () => started(keystone),
        () => started(db),
      );
  });
}

function started<T>(one: T | undefined): T {
  if (!one) throw new Error('Keystone has not started: ask for it in a hook or a test');
  return one;
}
