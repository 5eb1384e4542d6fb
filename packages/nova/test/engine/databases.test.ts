/** The engine on MariaDB and PostgreSQL; only with KUMO_TEST_DATABASES=all, since the servers take seconds to start. */
import { test } from 'node:test';
import { onServers } from '../../../core/src/testing/on-databases.ts';
import { startCloud } from './cloud.ts';

onServers('nova-compute', (database) => {
  test('builds side by side, another host after a failure, a dead host, deletions', {
    timeout: 120_000,
  }, async () => {
    const cloud = await startCloud({
      hosts: ['host-1', 'host-2'],
      config: { serviceDownSeconds: 2 },
      databaseUrl: database.url,
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
    }
  });
});
