/** Every daemon in a process of its own, over RabbitMQ, on MariaDB and on PostgreSQL: a server's life in short, and a database that dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settledAudit } from '../src/audit.ts';
import { buildThrough } from '../src/build-through.ts';
import { Cloud } from '../src/cloud.ts';
import { startServersBeside } from '../src/servers-beside.ts';
import { shortRun } from '../src/short-run.ts';

for (const kind of ['mariadb', 'postgres'] as const) {
  test(`a server's life with every daemon in a process of its own, over RabbitMQ, on ${kind}, which is killed in mid-build`, async () => {
    await using beside = await startServersBeside(kind);
    await using cloud = await Cloud.start(beside.options);
    const { services, pid, ready } = await cloud.status();
    assert.equal(ready, true);
    assert.equal(services.length, 16);
    assert.equal(new Set([pid, ...services.map((service) => service.pid)]).size, 17, 'no two share a process');
    await shortRun(cloud);

    const admin = await cloud.api();
    const fresh = await settledAudit(cloud, admin);
    await buildThrough(cloud, admin, fresh, async () => {
      await beside.database.kill();
      await beside.database.start();
    });
  });
}
