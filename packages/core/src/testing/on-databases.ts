import { after, before, describe } from 'node:test';
import { type DatabaseServer, databaseServer } from './shared-servers.ts';

export interface TestDatabase {
  readonly engine: 'sqlite' | 'mariadb' | 'postgres';
  /** The URL of a service's database. To be called inside of hooks and tests: the server starts in a hook of its own. */
  url(service: string): string;
}

/**
 * The same tests on SQLite (in memory) and, with KUMO_TEST_DATABASES=all, on MariaDB and PostgreSQL. Each runs in a `describe`
 * named `<name> on <engine>`, on databases of its own that outlive the hooks which `tests` declares.
 */
export function onDatabases(name: string, tests: (database: TestDatabase) => void): void {
  describe(`${name} on sqlite`, () => tests({ engine: 'sqlite', url: () => 'sqlite::memory:' }));
  onServers(name, tests);
}

/** Like {@link onDatabases}, without SQLite: for what other tests show on it already. */
export function onServers(name: string, tests: (database: TestDatabase) => void): void {
  const skip = process.env.KUMO_TEST_DATABASES === 'all' ? false : 'KUMO_TEST_DATABASES is not all';
  for (const engine of ['mariadb', 'postgres'] as const) {
    describe(`${name} on ${engine}`, { skip }, () => {
      let server: DatabaseServer | undefined;
      before(async () => {
        server = await databaseServer(engine);
      });
      tests({
        engine,
        url: (service) => {
          if (!server) throw new Error(`${engine} has not started: ask for its URL in a hook or a test`);
          return server.url(service);
        },
      });
      after(() => server?.stop());
    });
  }
}
