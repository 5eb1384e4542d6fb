/** The engine with nothing shared but the broker and the databases. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLogger } from '@kumo/core/log';
import { type Bus, rabbitBus } from '@kumo/core/rpc';
import { type PrivateRabbitmq, startRabbitmq } from '../../../core/src/testing/rabbitmq.ts';
import { handleOf } from '../../src/flows/flow-deps.ts';
import { type Cloud, startCloud } from './cloud.ts';

let broker: PrivateRabbitmq;
let cloud: Cloud;
before(async () => {
  broker = await startRabbitmq();
  const makeBus = (): Bus => rabbitBus({ url: broker.url, log: silentLogger });
  cloud = await startCloud({ hosts: ['host-1', 'host-2'], makeBus });
});
after(async () => {
  await cloud.stop();
  await broker.destroy();
});

test('servers are built, deleted and taken up again over RabbitMQ', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => cloud.create()));
  for (const id of ids) await cloud.active(id);
  const began = performance.now();
  const one = await cloud.create();
  await cloud.active(one);
  assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`);
  cloud.hosts.get('host-1')!.mortal.arm(6, 'after');
  cloud.hosts.get('host-2')!.mortal.arm(6, 'after');
  const id = await cloud.create();
  await Promise.race([...cloud.hosts.values()].map(({ mortal }) => mortal.died));
  await cloud.killHost('host-1');
  await cloud.killHost('host-2');
  await cloud.startHost('host-1');
  await cloud.startHost('host-2');
  const { host } = await cloud.active(id);
  assert.equal(await cloud.hosts.get(host!)!.driver.state(handleOf(id)), 'running');
  for (const each of [...ids, one, id]) await cloud.delete(each);
  await Promise.all([...ids, one, id].map(cloud.gone));
  await cloud.nothingLeft();
});
