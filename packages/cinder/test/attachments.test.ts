import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { OTHER_PROJECT, onDatabases, TEST_PROJECT } from './harness.ts';

onDatabases('attachments', (h) => {
  const connector = { host: 'compute-1', ip: '10.0.0.1', mountpoint: '/dev/vdb' };
  const statusOf = async (id: string) => (await h().call('GET', `/v3/volumes/${id}`)).body.volume.status;
  const reserve = (volume: string, extra: object = {}, token = 'service') =>
    h().call('POST', '/v3/attachments', {
      token,
      body: { attachment: { volume_uuid: volume, instance_uuid: randomUUID(), ...extra } },
    });

  test('reserved, attaching, in-use, available', async () => {
    const volume = await h().volume();
    const made = await reserve(volume);
    assert.equal(made.status, 200);
    const { id } = made.body.attachment;
    assert.equal(made.body.attachment.status, 'reserved');
    assert.equal(await statusOf(volume), 'reserved');
    assert.equal((await reserve(volume)).status, 400);
    assert.equal((await h().call('DELETE', `/v3/volumes/${volume}`)).status, 400);
    for (let time = 0; time < 2; time++) {
      const updated = await h().call('PUT', `/v3/attachments/${id}`, {
        token: 'service',
        body: { attachment: { connector } },
      });
      assert.equal(updated.status, 200);
      assert.equal(updated.body.attachment.connection_info.driver_volume_type, 'fake');
      assert.equal(updated.body.attachment.connection_info.export_name, `volume-${volume}`);
      assert.equal(await statusOf(volume), 'attaching');
    }
    const complete = await h().call('POST', `/v3/attachments/${id}/action`, {
      token: 'service',
      body: { 'os-complete': null },
    });
    assert.equal(complete.status, 204);
    assert.equal(await statusOf(volume), 'in-use');
    const [shown] = (await h().call('GET', `/v3/volumes/${volume}`)).body.volume.attachments;
    assert.equal(shown.host_name, null, 'a host is for admins');
    const [seen] = (await h().call('GET', `/v3/volumes/${volume}`, { token: 'admin' })).body.volume.attachments;
    assert.equal(seen.host_name, connector.host);
    assert.equal(shown.attachment_id, id);
    assert.equal(shown.device, '/dev/vdb');
    assert.equal((await h().call('DELETE', `/v3/attachments/${id}`, { token: 'member' })).status, 409);
    assert.equal(
      (
        await h().call('PUT', `/v3/attachments/${id}`, {
          token: 'service',
          body: { attachment: { connector: { host: 'other' } } },
        })
      ).status,
      400,
    );
    const removed = await h().call('DELETE', `/v3/attachments/${id}`, { token: 'service' });
    assert.equal(removed.status, 200);
    assert.deepEqual(removed.body.attachments, []);
    assert.equal(await statusOf(volume), 'available');
    assert.deepEqual((await h().driver.list()).volumes.find((one) => one.id === volume)?.connectedHosts, []);
    assert.equal((await h().call('DELETE', `/v3/attachments/${id}`, { token: 'service' })).status, 404);
  });

  test('a reservation is taken back', async () => {
    const volume = await h().volume();
    const { id } = (await reserve(volume, {}, 'member')).body.attachment;
    assert.equal((await h().call('DELETE', `/v3/attachments/${id}`)).status, 200);
    assert.equal(await statusOf(volume), 'available');
  });

  test('one guest has two attachments while it moves; others are refused', async () => {
    const volume = await h().volume();
    const instance_uuid = randomUUID();
    const first = (await reserve(volume, { instance_uuid, connector })).body.attachment.id;
    await h().call('POST', `/v3/attachments/${first}/action`, { token: 'service', body: { 'os-complete': {} } });
    const second = await reserve(volume, { instance_uuid, connector: { host: 'compute-2' } });
    assert.equal(second.status, 200);
    assert.equal((await reserve(volume)).status, 400);
    const left = await h().call('DELETE', `/v3/attachments/${first}`, { token: 'service' });
    assert.equal(left.body.attachments.length, 1);
    assert.deepEqual((await h().driver.list()).volumes.find((one) => one.id === volume)?.connectedHosts, ['compute-2']);
  });

  test('a volume of a type for several guests', async () => {
    const type = { name: 'multi', extra_specs: { multiattach: '<is> True' } };
    assert.equal((await h().call('POST', '/v3/types', { token: 'admin', body: { volume_type: type } })).status, 200);
    const volume = await h().volume({ volume_type: 'multi' });
    const ids = [];
    for (const host of ['compute-1', 'compute-1', 'compute-2']) {
      const made = await reserve(volume, { connector: { host } });
      assert.equal(made.status, 200, JSON.stringify(made.body));
      await h().call('POST', `/v3/attachments/${made.body.attachment.id}/action`, {
        token: 'service',
        body: { 'os-complete': {} },
      });
      ids.push(made.body.attachment.id);
    }
    const hosts = async () => (await h().driver.list()).volumes.find((one) => one.id === volume)?.connectedHosts;
    await h().call('DELETE', `/v3/attachments/${ids[0]}`, { token: 'service' });
    assert.deepEqual(await hosts(), ['compute-1', 'compute-2']);
    await h().call('DELETE', `/v3/attachments/${ids[1]}`, { token: 'service' });
    assert.deepEqual(await hosts(), ['compute-2']);
    assert.equal(await statusOf(volume), 'in-use');
  });

  test('a volume in use grows from 3.42 on', async () => {
    const volume = await h().volume();
    const { id } = (await reserve(volume, { connector })).body.attachment;
    await h().call('POST', `/v3/attachments/${id}/action`, { token: 'service', body: { 'os-complete': {} } });
    const extend = (version: string) =>
      h().call('POST', `/v3/volumes/${volume}/action`, { version, body: { 'os-extend': { new_size: 3 } } });
    assert.equal((await extend('3.41')).status, 400);
    assert.equal((await extend('3.42')).status, 202);
    const { body } = await h().until(`/v3/volumes/${volume}`, 'volume', 'in-use');
    assert.equal(body.volume.size, 3);
  });

  test('lists, policies, bad requests', async () => {
    const volume = await h().volume();
    const { id } = (await reserve(volume)).body.attachment;
    const list = await h().call('GET', `/v3/attachments?volume_id=${volume}`);
    assert.deepEqual(
      list.body.attachments.map((one: { id: string }) => one.id),
      [id],
    );
    assert.equal(
      (await h().call('GET', `/v3/attachments/detail?volume_id=${volume}`)).body.attachments[0].attach_mode,
      null,
    );
    assert.deepEqual(
      (await h().call('GET', `/v3/attachments?volume_id=${volume}`, { token: 'other' })).body.attachments,
      [],
    );
    assert.equal((await h().call('GET', `/v3/attachments/${id}`, { token: 'other' })).status, 404);
    assert.equal((await reserve(volume, {}, 'other')).status, 404);
    assert.equal((await reserve(volume, {}, 'reader')).status, 403);
    assert.equal(
      (await h().call('POST', '/v3/attachments', { body: { attachment: { volume_uuid: 'x' } } })).status,
      400,
    );
    assert.equal(
      (await h().call('POST', '/v3/attachments', { body: { attachment: { volume_uuid: randomUUID() } } })).status,
      404,
    );
    assert.equal(
      (await h().call('PUT', `/v3/attachments/${id}`, { body: { attachment: { connector: {} } } })).status,
      400,
    );
    const early = await h().call('POST', `/v3/attachments/${id}/action`, { body: { 'os-complete': {} } });
    assert.equal(early.status, 400);
  });

  test('a service makes a volume for a project, and attaches a read-only one read-only', async () => {
    const service = (path: string, body: unknown) => h().call('POST', path, { token: 'service', body });
    const made = await service(`/v3/${TEST_PROJECT}/volumes`, {
      volume: { size: 1, name: '', metadata: { for: 'x' } },
    });
    assert.equal(made.status, 202);
    const { id } = made.body.volume;
    await h().until(`/v3/volumes/${id}`, 'volume', 'available');
    assert.equal((await h().call('GET', `/v3/volumes/${id}`)).status, 200);
    const foreign = await service(`/v3/${OTHER_PROJECT}/volumes`, { volume: { source_volid: id } });
    assert.equal(foreign.status, 404);
    await h().call('POST', `/v3/volumes/${id}/action`, { body: { 'os-update_readonly_flag': { readonly: true } } });
    const { attachment } = (await reserve(id, { connector: { ...connector, mode: 'rw' } })).body;
    assert.equal(attachment.connection_info.access_mode, 'ro');
  });
});
