/** The whole API in process, on SQLite, and with KUMO_TEST_DATABASES=all on MariaDB and PostgreSQL. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { startMariadb, startPostgres, type TestServer } from '../../core/src/testing/databases.ts';
import { assignmentSuite } from './assignment-suite.ts';
import { catalogSuite } from './catalog-suite.ts';
import { TestKeystone } from './harness.ts';
import { identitySuite } from './identity-suite.ts';
import { tokenSuite } from './token-suite.ts';

const servers: Record<string, (() => Promise<TestServer>) | undefined> = { sqlite: undefined };
if (process.env.KUMO_TEST_DATABASES === 'all')
  Object.assign(servers, { mariadb: startMariadb, postgres: startPostgres });

for (const [name, startServer] of Object.entries(servers)) {
  describe(name, () => {
    let keystone: TestKeystone | undefined;
    let server: TestServer | undefined;
    const dir = mkdtempSync(join(tmpdir(), 'kumo-keystone-'));
    before(async () => {
      server = await startServer?.();
      const databaseUrl = server?.url('keystone') ?? `sqlite:${join(dir, 'keystone.db')}`;
      // Other Keystones write to this database too: every request looks whether one did.
      keystone = await TestKeystone.start({ databaseUrl, config: { changeCheckMs: 0 } });
    });
    after(async () => {
      await keystone?.stop();
      await server?.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    const cloud = () => {
      if (!keystone) throw new Error('Keystone has not started');
      return keystone;
    };
    tokenSuite(name, cloud);
    identitySuite(name, cloud);
    assignmentSuite(name, cloud);
    catalogSuite(name, cloud);
  });
}
