import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Cloud, startCloud } from './cloud.ts';

let cloud: Cloud;
before(async () => {
  cloud = await startCloud({ hosts: ['host-1', 'host-2'] });
});
after(() => cloud.stop());

test('a server becomes active with a port, an allocation and a guest, and leaves nothing when it is deleted', async () => {
  const id = await cloud.create();
  const server = await cloud.active(id);
  assert.equal(server.taskState, null);
  assert.equal(server.powerState, 1);
  assert.notEqual(server.launchedAt, null);
  assert.match(server.networkInfo[0]!.addresses[0]!.address, /^10\.0\.0\./);
  assert.deepEqual(await cloud.hosts.get(server.host!)!.driver.list(), [id]);
  assert.equal(Object.keys(await cloud.allocatedTo(id)).length, 1);
  assert.equal([...cloud.neutron.ports.values()][0]!['binding:host_id'], server.host);
  await cloud.delete(id);
  await cloud.gone(id);
  await cloud.until(id, () => true);
  assert.deepEqual(await cloud.leftovers(), []);
});
