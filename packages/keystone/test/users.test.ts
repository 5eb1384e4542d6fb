/** Users and their passwords, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Db } from '@kumo/core/db';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { openKeystoneDatabase } from '../src/db/open.ts';
import type { KeystoneTables } from '../src/db/schema.ts';
import { TestKeystone } from './harness.ts';
import { operatorSuite } from './operator-suite.ts';
import { userSuite } from './user-suite.ts';

onDatabases('keystone users', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  let db: Db<KeystoneTables> | undefined;
  const dir = mkdtempSync(join(tmpdir(), 'kumo-users-'));
  before(async () => {
    // A file: the tests look into the same database.
    const databaseUrl = engine === 'sqlite' ? `sqlite:${join(dir, 'keystone.db')}` : url('keystone');
    keystone = await TestKeystone.start({ databaseUrl, config: { changeCheckMs: 0 } });
    db = await openKeystoneDatabase(keystone.env, 'test');
  });
  after(async () => {
    await db?.close();
    await keystone?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const started = <T>(one: T | undefined): T => {
    if (!one) throw new Error('Keystone has not started');
    return one;
  };
  const cloud = () => started(keystone);
  const database = () => started(db);
  userSuite(engine, cloud, database);
  operatorSuite(engine, cloud, database);
});
