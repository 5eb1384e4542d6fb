/** Every daemon in a process of its own, over RabbitMQ, on MariaDB and on PostgreSQL: a server's life in short, and a database that dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settledAudit } from '../src/audit.ts';
import { buildThrough } from '../src/build-through.ts';
import { Cloud } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';
import { isRunning } from '../src/host-state.ts';
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

test('up and a daemon are killed: both are back, by their keepers, and nobody is left of those before', async () => {
  await using beside = await startServersBeside('mariadb');
  await using cloud = await Cloud.start({ ...beside.options, fake: true });
  const pidsOf = async () => {
    const { pid, services, ready } = await cloud.status();
    return ready ? new Map([['up', pid!], ...services.map((one) => [one.name, one.pid] as const)]) : undefined;
  };
  const first = (await pidsOf())!;
  process.kill(first.get('nova-scheduler')!, 'SIGKILL');
  const second = await eventually('nova-scheduler to be back', async () => {
    const pids = await pidsOf();
    return pids && pids.get('nova-scheduler') !== first.get('nova-scheduler') ? pids : undefined;
  });
  for (const [name, pid] of first) if (name !== 'nova-scheduler') assert.equal(second.get(name), pid, name);

  process.kill(second.get('up')!, 'SIGKILL');
  const third = await eventually('everything to be back', async () => {
    const pids = await pidsOf();
    return pids && pids.get('up') !== second.get('up') ? pids : undefined;
  });
  for (const [name, pid] of second) {
    assert.notEqual(third.get(name), pid, name);
    assert.ok(!isRunning(pid), `${name} of before still runs`);
  }
  assert.equal((await (await cloud.api()).request('compute', 'GET', '/servers')).status, 200);
  await cloud.down();
  for (const [name, pid] of third) assert.ok(!isRunning(pid), `${name} still runs`);
});
