/** The whole API in process, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { onDatabases } from '../../core/src/testing/on-databases.ts';
import { accessModelSuite } from './access-model-suite.ts';
import { assignmentSuite } from './assignment-suite.ts';
import { TestKeystone } from './harness.ts';
import { identitySuite } from './identity-suite.ts';
import { tokenSuite } from './token-suite.ts';

onDatabases('keystone', ({ engine, url }) => {
  let keystone: TestKeystone | undefined;
  const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
  before(async () => {
    // A file: further Keystones open the same database. Each request looks whether one of them wrote.
    const databaseUrl = engine === 'sqlite' ? `sqlite:${join(dir, 'keystone.db')}` : url('keystone');
    keystone = await TestKeystone.start({ databaseUrl, config: { changeCheckMs: 0 } });
  });
  after(async () => {
    await keystone?.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const cloud = () => {
    if (!keystone) throw new Error('Keystone has not started');
    return keystone;
  };
  tokenSuite(engine, cloud);
  identitySuite(engine, cloud);
  assignmentSuite(engine, cloud);
  accessModelSuite(engine, cloud);
});
