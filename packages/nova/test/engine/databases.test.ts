/** The engine on MariaDB and PostgreSQL; only with KUMO_TEST_DATABASES=all, since the servers take seconds to start. */
import { describe, test } from 'node:test';
import { startMariadb, startPostgres } from '../../../core/src/testing/databases.ts';
import { startCloud } from './cloud.ts';

const isWanted = process.env.KUMO_TEST_DATABASES === 'all';

for (const [name, start] of Object.entries({ MariaDB: startMariadb, PostgreSQL: startPostgres })) {
  describe(name, { skip: !isWanted && 'KUMO_TEST_DATABASES is not all' }, () => {
    test('builds side by side, another host after a failure, a dead host, deletions', {
      timeout: 120_000,
    }, async () => {
      const server = await start();
      const cloud = await startCloud({
        hosts: ['host-1', 'host-2'],
        config: { serviceDownSeconds: 2 },
        databaseUrl: (service) => server.url(service),
      });
      try {
        cloud.hosts.get('host-1')!.driver.fail('spawn', { message: 'no', times: 5 });
        const ids = await Promise.all(Array.from({ length: 20 }, () => cloud.create()));
        await Promise.all(ids.map(cloud.active));
        cloud.neutron.boundStatus = 'DOWN';
        const more = await Promise.all(Array.from({ length: 4 }, () => cloud.create()));
        for (const id of more) await cloud.until(id, ({ taskState }) => taskState === 'spawning');
        await cloud.killHost('host-1');
        cloud.neutron.boundStatus = 'ACTIVE';
        for (const port of cloud.neutron.ports.values()) port.status = 'ACTIVE';
        await Promise.all(more.map((id) => cloud.until(id, ({ vmState }) => vmState === 'active', 20_000)));
        for (const id of [...ids, ...more]) await cloud.delete(id);
        await Promise.all([...ids, ...more].map((id) => cloud.until(id, ({ deleted }) => deleted, 20_000)));
        await cloud.startHost('host-1');
        await cloud.nothingLeft();
      } finally {
        await cloud.stop();
        await server.stop();
      }
    });
  });
}
