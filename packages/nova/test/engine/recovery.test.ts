import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { handleOf } from '../../src/flows/flow-deps.ts';
import { type Cloud, startCloud } from './cloud.ts';

let cloud: Cloud;
afterEach(() => cloud.stop());

/** More than a build makes: heartbeats and reconcilers count too. */
const CALLS = 30;

for (const when of ['before', 'after'] as const) {
  test(`nova-compute is killed ${when} each of its calls and started again: one server, one guest, one port`, async () => {
    cloud = await startCloud({ hosts: ['host-1'] });
    for (let call = 1; call <= CALLS; call++) {
      const { mortal } = cloud.hosts.get('host-1')!;
      mortal.arm(call, when);
      const id = await cloud.create({ devices: [{ volumeId: cloud.cinder.addVolume({}).id }] });
      const dead = mortal.died.then(() => true);
      await Promise.race([dead, cloud.active(id).then(() => sleep(20))]);
      await cloud.killHost('host-1');
      const { driver } = await cloud.startHost('host-1');
      const began = Date.now();
      const server = await cloud.active(id);
      assert.ok(Date.now() - began < 3_000, `taken up again after ${Date.now() - began} ms (call ${call})`);
      assert.deepEqual([server.taskState, server.fault, server.networkInfo.length], [null, null, 1]);
      assert.equal(await driver.state(handleOf(id)), 'running');
      const ports = [...cloud.neutron.ports.values()].filter(({ device_id }) => device_id === id);
      assert.equal(ports.length, 1, `call ${call}`);
      assert.equal(cloud.cinder.attachments.size, 1, `call ${call}`);
      await cloud.delete(id);
      await cloud.gone(id);
      await cloud.nothingLeft();
    }
  });
}

test('a host that stays dead hands its builds to another, and cleans up when it comes back', async () => {
  cloud = await startCloud({ hosts: ['host-1'], config: { serviceDownSeconds: 1 } });
  const { mortal } = cloud.hosts.get('host-1')!;
  cloud.neutron.boundStatus = 'DOWN';
  const early = await cloud.create();
  await cloud.until(early, ({ taskState }) => taskState === 'spawning');
  cloud.neutron.boundStatus = 'ACTIVE';
  // The second one dies with its guest already started.
  const late = await cloud.create();
  const { driver } = cloud.hosts.get('host-1')!;
  while ((await driver.state(handleOf(late))) === 'gone') await sleep(1);
  await cloud.killHost('host-1');
  assert.ok(mortal.calls > 0);
  await cloud.startHost('host-2');
  const wasActive = (await cloud.show(late))!.vmState === 'active';
  assert.equal((await cloud.active(early)).host, 'host-2');
  if (!wasActive) assert.equal((await cloud.active(late)).host, 'host-2');
  const ports = [...cloud.neutron.ports.values()].filter(({ device_id }) => device_id === early);
  assert.deepEqual(
    ports.map((port) => port['binding:host_id']),
    ['host-2'],
  );
  const back = await cloud.startHost('host-1');
  if (!wasActive) {
    const deadline = Date.now() + 5_000;
    while ((await back.driver.list()).length > 0 && Date.now() < deadline) await sleep(20);
    assert.deepEqual(await back.driver.list(), []);
  }
});

test('a server on a dead host can be deleted; its guest goes when the host comes back', async () => {
  cloud = await startCloud({ hosts: ['host-1'], config: { serviceDownSeconds: 1 } });
  const id = await cloud.create();
  await cloud.active(id);
  await cloud.killHost('host-1');
  await cloud.delete(id);
  await cloud.gone(id);
  assert.deepEqual(await cloud.allocatedTo(id), {});
  await cloud.startHost('host-1');
  await cloud.nothingLeft();
});

test('nova-conductor and nova-scheduler are started again while servers are built', async () => {
  cloud = await startCloud({ hosts: ['host-1'] });
  const ids = await Promise.all(Array.from({ length: 5 }, () => cloud.create()));
  await cloud.restartControl();
  await Promise.all(ids.map(cloud.active));
  for (const id of ids) await cloud.delete(id);
  await Promise.all(ids.map(cloud.gone));
  await cloud.nothingLeft();
});
