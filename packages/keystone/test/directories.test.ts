/** Domains with a configuration of their own, and users in a directory; with KUMO_TEST_DATABASES=all on all databases. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Db } from '@kumo/core/db';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { openKeystoneDatabase } from '../src/db/open.ts';
import type { KeystoneTables } from '../src/db/schema.ts';
import { directorySuite } from './directory-suite.ts';
import { domainConfigSuite } from './domain-config-suite.ts';
import { TestKeystone } from './harness.ts';

const directories = { cacheMs: 200, requestTimeoutMs: 1_000, connectTimeoutMs: 1_000, retryAfterMs: 500 };

onDatabases('keystone directories', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  let db: Db<KeystoneTables> | undefined;
  const dir = mkdtempSync(join(tmpdir(), 'kumo-directories-'));
  before(async () => {
    // A file: the tests look into the same database.
    const databaseUrl = engine === 'sqlite' ? `sqlite:${join(dir, 'keystone.db')}` : url('keystone');
    keystone = await TestKeystone.start({ databaseUrl, config: { directories } });
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
  domainConfigSuite(engine, cloud, database);
  directorySuite(engine, cloud, database);
});
