/** Every daemon in a process of its own, over RabbitMQ, on MariaDB and on PostgreSQL: a server's life in short. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cloud } from '../src/cloud.ts';
import { startServersBeside } from '../src/servers-beside.ts';
import { shortRun } from '../src/short-run.ts';

for (const kind of ['mariadb', 'postgres'] as const) {
  test(`a server's life with every daemon in a process of its own, over RabbitMQ, on ${kind}`, async () => {
    await using beside = await startServersBeside(kind);
    await using cloud = await Cloud.start(beside.options);
    const { services, pid, ready } = await cloud.status();
    assert.equal(ready, true);
    assert.equal(services.length, 16);
    assert.equal(new Set([pid, ...services.map((service) => service.pid)]).size, 17, 'no two share a process');
    await shortRun(cloud);
  });
}
