import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, startApi } from './harness.ts';
import { BUSY_VOLUME, NETWORK, VOLUME } from './neighbours.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.stop());

async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await sleep(10);
  }
  assert.fail('it did not come about');
}

const volumeStatus = () => api.cloud.cinder.volumes.get(VOLUME)!.status;

test('a volume is attached to a running server and detached again', async () => {
  const id = await api.active();
  const path = `/v2.1/servers/${id}/os-volume_attachments`;
  assert.equal((await api.post(path, { volumeAttachment: { volumeId: BUSY_VOLUME } })).status, 400);
  assert.equal((await api.post(path, { volumeAttachment: { volumeId: id } })).status, 404);
  const made = await api.post(path, { volumeAttachment: { volumeId: VOLUME, device: null } });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  assert.deepEqual(made.body.volumeAttachment, { id: VOLUME, volumeId: VOLUME, serverId: id, device: '/dev/vdb' });
  await eventually(() => volumeStatus() === 'in-use');
  assert.equal((await api.post(path, { volumeAttachment: { volumeId: VOLUME } })).status, 400);
  const newest = { version: '2.89' };
  const shown = (await api.get(`${path}/${VOLUME}`, newest)).body.volumeAttachment;
  assert.equal('id' in shown, false);
  assert.equal(shown.attachment_id, [...api.cloud.cinder.attachments.keys()][0]);
  const marked = { volumeAttachment: { volumeId: VOLUME, delete_on_termination: true } };
  assert.equal((await api.put(`${path}/${VOLUME}`, marked, newest)).status, 202);
  assert.equal((await api.get(path, newest)).body.volumeAttachments[0].delete_on_termination, true);
  const server = (await api.get(`/v2.1/servers/${id}`, { version: '2.3' })).body.server;
  assert.deepEqual(server['os-extended-volumes:volumes_attached'], [{ id: VOLUME, delete_on_termination: true }]);
  assert.equal((await api.delete(`${path}/${VOLUME}`)).status, 202);
  await eventually(async () => (await api.get(path)).body.volumeAttachments.length === 0);
  assert.equal(volumeStatus(), 'available');
  assert.equal((await api.delete(`${path}/${VOLUME}`)).status, 404);
  assert.equal((await api.delete(`/v2.1/servers/${id}`)).status, 204);
  await api.cloud.gone(id);
});

test('a server is created with a volume, which is given back at its end', async () => {
  const devices = [{ source_type: 'volume', destination_type: 'volume', uuid: VOLUME, device_name: 'vdb' }];
  const id = await api.active({ block_device_mapping_v2: devices });
  assert.equal(volumeStatus(), 'in-use');
  assert.equal(
    (await api.get(`/v2.1/servers/${id}/os-volume_attachments`)).body.volumeAttachments[0].device,
    '/dev/vdb',
  );
  assert.equal((await api.delete(`/v2.1/servers/${id}`)).status, 204);
  await api.cloud.gone(id);
  assert.equal(volumeStatus(), 'available');
});

test('an interface is attached and detached', async () => {
  const id = await api.active({ networks: [] });
  const path = `/v2.1/servers/${id}/os-interface`;
  const before = (await api.get(path)).body.interfaceAttachments.length;
  const made = await api.post(path, { interfaceAttachment: { net_id: NETWORK } });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const { port_id, net_id, fixed_ips } = made.body.interfaceAttachment;
  assert.equal(net_id, NETWORK);
  assert.match(fixed_ips[0].ip_address, /^10\.0\.0\./);
  assert.equal((await api.get(path)).body.interfaceAttachments.length, before + 1);
  assert.equal((await api.get(`${path}/${port_id}`)).status, 200);
  assert.equal((await api.post(path, { interfaceAttachment: { net_id: NETWORK, port_id } })).status, 400);
  assert.equal((await api.delete(`${path}/${port_id}`)).status, 202);
  await eventually(async () => (await api.get(path)).body.interfaceAttachments.length === before);
  assert.equal((await api.delete(`${path}/${port_id}`)).status, 404);
});

test('deleting while it is built ends the build', async () => {
  const id = await api.create();
  assert.equal((await api.delete(`/v2.1/servers/${id}`)).status, 204);
  assert.ok([204, 404].includes((await api.delete(`/v2.1/servers/${id}`)).status));
  await api.cloud.gone(id);
  const { absolute } = (await api.get('/v2.1/limits')).body.limits;
  const { servers } = (await api.get('/v2.1/servers')).body;
  assert.equal(absolute.totalInstancesUsed, servers.length);
});
