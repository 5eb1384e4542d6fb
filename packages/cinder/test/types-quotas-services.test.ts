import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OTHER_PROJECT, onDatabases, TEST_PROJECT } from './harness.ts';

onDatabases('types, quotas, services', (h) => {
  const admin = (method: string, path: string, body?: unknown) => h().call(method, path, { token: 'admin', body });

  test('discovery needs no token', async () => {
    const root = await h().call('GET', '/', { token: null });
    assert.equal(root.status, 300);
    assert.equal(root.body.versions[0].version, '3.71');
    const v3 = await h().call('GET', '/v3/', { token: null });
    assert.equal(v3.status, 200);
    assert.equal(v3.body.versions[0].id, 'v3.0');
  });

  test('volume types with extra specs and access', async () => {
    const made = await admin('POST', '/v3/types', {
      volume_type: { name: 'fast', description: 'd', extra_specs: { volume_backend_name: 'file' } },
    });
    assert.equal(made.status, 200);
    const { id } = made.body.volume_type;
    assert.equal((await admin('POST', '/v3/types', { volume_type: { name: 'fast' } })).status, 409);
    assert.equal((await h().call('POST', '/v3/types', { body: { volume_type: { name: 'mine' } } })).status, 403);
    assert.equal((await h().call('GET', '/v3/types/fast')).body.volume_type.id, id);
    assert.deepEqual((await h().call('GET', `/v3/types/${id}`)).body.volume_type.extra_specs, {});
    assert.deepEqual((await admin('GET', `/v3/types/${id}/extra_specs`)).body.extra_specs, {
      volume_backend_name: 'file',
    });
    assert.equal((await admin('POST', `/v3/types/${id}/extra_specs`, { extra_specs: { a: 'b' } })).status, 200);
    assert.deepEqual((await admin('PUT', `/v3/types/${id}/extra_specs/a`, { a: 'c' })).body, { a: 'c' });
    assert.equal((await admin('PUT', `/v3/types/${id}/extra_specs/a`, { b: 'c' })).status, 400);
    assert.equal((await admin('DELETE', `/v3/types/${id}/extra_specs/a`)).status, 202);
    assert.equal((await admin('DELETE', `/v3/types/${id}/extra_specs/a`)).status, 404);
    assert.equal((await h().call('GET', '/v3/types/default')).body.volume_type.name, '__DEFAULT__');
    const volume = await h().volume({ volume_type: 'fast' });
    assert.equal((await admin('DELETE', `/v3/types/${id}`)).status, 400);
    await h().call('DELETE', `/v3/volumes/${volume}`);
    await h().until(`/v3/volumes/${volume}`, 'volume', 'gone');
    assert.equal((await admin('DELETE', `/v3/types/${id}`)).status, 202);
    const fallback = (await h().call('GET', '/v3/types/default')).body.volume_type.id;
    assert.equal((await admin('DELETE', `/v3/types/${fallback}`)).status, 400);
  });

  test('a private type is there only for those who have access', async () => {
    const { id } = (
      await admin('POST', '/v3/types', { volume_type: { name: 'private', 'os-volume-type-access:is_public': false } })
    ).body.volume_type;
    const names = async (token?: string) =>
      (await h().call('GET', '/v3/types', { token })).body.volume_types.map((one: { name: string }) => one.name);
    assert.deepEqual(await names(), ['__DEFAULT__']);
    assert.equal((await h().call('GET', `/v3/types/${id}`)).status, 404);
    assert.equal(
      (await admin('POST', `/v3/types/${id}/action`, { addProjectAccess: { project: TEST_PROJECT } })).status,
      202,
    );
    assert.equal(
      (await admin('POST', `/v3/types/${id}/action`, { addProjectAccess: { project: TEST_PROJECT } })).status,
      409,
    );
    assert.deepEqual((await admin('GET', `/v3/types/${id}/os-volume-type-access`)).body.volume_type_access, [
      { volume_type_id: id, project_id: TEST_PROJECT },
    ]);
    assert.deepEqual((await names()).sort(), ['__DEFAULT__', 'private']);
    assert.deepEqual(await names('other'), ['__DEFAULT__']);
    assert.equal(
      (await admin('POST', `/v3/types/${id}/action`, { removeProjectAccess: { project: TEST_PROJECT } })).status,
      202,
    );
    assert.equal(
      (await admin('POST', `/v3/types/${id}/action`, { removeProjectAccess: { project: TEST_PROJECT } })).status,
      404,
    );
    await admin('DELETE', `/v3/types/${id}`);
  });

  test('quota is charged, enforced, given back', async () => {
    const path = `/v3/os-quota-sets/${OTHER_PROJECT}`;
    const put = await admin('PUT', path, {
      quota_set: { volumes: 2, gigabytes: '5', per_volume_gigabytes: 3, snapshots: 1, volumes___DEFAULT__: 1 },
    });
    assert.equal(put.status, 200);
    assert.equal(put.body.quota_set.gigabytes, 5);
    assert.equal((await admin('PUT', path, { quota_set: { nonsense: 2 } })).status, 400);
    assert.equal((await admin('PUT', path, { quota_set: { volumes: -2 } })).status, 400);
    const create = (size: number) => h().call('POST', '/v3/volumes', { token: 'other', body: { volume: { size } } });
    const large = await create(4);
    assert.equal(large.status, 413);
    assert.match(large.body.overLimit.message, /larger than maximum allowed limit 3G/);
    const first = await h().volume({ size: 3 }, { token: 'other' });
    const ofType = await create(1);
    assert.equal(ofType.status, 413);
    assert.match(ofType.body.overLimit.message, /volumes___DEFAULT__/);
    await admin('PUT', path, { quota_set: { volumes___DEFAULT__: -1 } });
    const tooMuch = await create(3);
    assert.equal(tooMuch.status, 413);
    assert.match(tooMuch.body.overLimit.message, /Requested 3G, quota is 5G and 3G has been consumed/);
    const uses = (await h().call('GET', `${path}?usage=true`, { token: 'other' })).body.quota_set;
    assert.deepEqual(uses.gigabytes, { limit: 5, in_use: 3, reserved: 0 });
    assert.deepEqual(uses.volumes___DEFAULT__, { limit: -1, in_use: 1, reserved: 0 });
    const grow = await h().call('POST', `/v3/volumes/${first}/action`, {
      token: 'other',
      body: { 'os-extend': { new_size: 9 } },
    });
    assert.equal(grow.status, 413);
    assert.equal((await h().call('GET', path)).status, 403);
    assert.equal((await h().call('GET', '/v3/limits', { token: 'other' })).body.limits.absolute.totalGigabytesUsed, 3);
    await h().call('DELETE', `/v3/volumes/${first}`, { token: 'other' });
    await h().until(`/v3/volumes/${first}`, 'volume', 'gone');
    const after = (
      await h().call('GET', `/v3/${OTHER_PROJECT}/os-quota-sets/${OTHER_PROJECT}?usage=true`, { token: 'other' })
    ).body.quota_set;
    assert.equal(after.gigabytes.in_use, 0);
    assert.equal(after.volumes.in_use, 0);
    assert.equal((await admin('DELETE', path)).status, 200);
    assert.equal((await admin('GET', path)).body.quota_set.volumes, 10);
    assert.equal((await admin('GET', `${path}/defaults`)).body.quota_set.volumes, 10);
    assert.equal(
      (await admin('PUT', '/v3/os-quota-class-sets/default', { quota_class_set: { volumes: 12 } })).status,
      200,
    );
    assert.equal((await admin('GET', path)).body.quota_set.volumes, 12);
  });

  test('services, pools, zones, extensions', async () => {
    const { services } = (await admin('GET', '/v3/os-services')).body;
    assert.deepEqual(
      services.map((one: { binary: string; state: string }) => [one.binary, one.state]),
      [
        ['cinder-scheduler', 'up'],
        ['cinder-volume', 'up'],
      ],
    );
    assert.equal((await h().call('GET', '/v3/os-services')).status, 403);
    const { pools } = (await admin('GET', '/v3/scheduler-stats/get_pools?detail=true')).body;
    assert.equal(pools[0].name, 'test-host@file#file');
    assert.equal(pools[0].capabilities.volume_backend_name, 'file');
    assert.deepEqual((await h().call('GET', '/v3/os-availability-zone')).body.availabilityZoneInfo, [
      { zoneName: 'nova', zoneState: { available: true } },
    ]);
    assert.ok((await h().call('GET', '/v3/extensions')).body.extensions.length > 5);
  });

  test('a disabled back end gets no volumes: the request waits, then fails with a reason', async () => {
    const which = { host: 'test-host@file', binary: 'cinder-volume' };
    assert.equal(
      (await admin('PUT', '/v3/os-services/disable-log-reason', { ...which, disabled_reason: 'repair' })).status,
      200,
    );
    assert.equal((await admin('PUT', '/v3/os-services/disable', { ...which, host: 'nobody' })).status, 404);
    const made = await h().call('POST', '/v3/volumes', { body: { volume: { size: 1 } } });
    const { id } = made.body.volume;
    await sleep(300);
    assert.equal((await h().call('GET', `/v3/volumes/${id}`)).body.volume.status, 'creating');
    assert.equal((await admin('PUT', '/v3/os-services/enable', which)).status, 200);
    await h().until(`/v3/volumes/${id}`, 'volume', 'available');
    const { id: type } = (
      await admin('POST', '/v3/types', {
        volume_type: { name: 'elsewhere', extra_specs: { volume_backend_name: 'ceph' } },
      })
    ).body.volume_type;
    const lost = await h().volume({ volume_type: 'elsewhere' }, { status: 'error' });
    const { messages } = (await h().call('GET', `/v3/messages?resource_uuid=${lost}`)).body;
    assert.match(messages[0].user_message, /back end is file, not ceph/);
    assert.equal((await h().call('DELETE', `/v3/volumes/${lost}`)).status, 202);
    assert.equal((await h().call('GET', `/v3/volumes/${lost}`)).status, 404);
    assert.equal((await admin('DELETE', `/v3/types/${type}`)).status, 202);
  });

  test('flags, status reset, force delete, upload', async () => {
    const id = await h().volume();
    const act = (body: unknown, token?: string) => h().call('POST', `/v3/volumes/${id}/action`, { body, token });
    assert.equal((await act({ 'os-set_bootable': { bootable: true } })).status, 200);
    assert.equal((await act({ 'os-update_readonly_flag': { readonly: 'True' } })).status, 202);
    assert.deepEqual((await act({ 'os-set_image_metadata': { metadata: { os: 'x' } } })).body.metadata, { os: 'x' });
    assert.equal((await act({ 'os-unset_image_metadata': { key: 'y' } })).status, 404);
    assert.equal((await act({ 'os-reset_status': { status: 'error' } })).status, 403);
    const upload = await act({ 'os-volume_upload_image': { image_name: 'copy', disk_format: 'raw' } });
    assert.equal(upload.status, 202, JSON.stringify(upload.body));
    await h().until(`/v3/volumes/${id}`, 'volume', 'available', 60_000);
    const image = h().glance.images.get(upload.body['os-volume_upload_image'].image_id);
    assert.equal(image?.body.status, 'active');
    assert.equal(image?.body.size, 2 ** 30);
    const fillers = h().glance.asked.filter(
      ([operation]) => operation === 'createImage' || operation === 'uploadImage',
    );
    assert.deepEqual(
      fillers.map(([, user]) => user),
      ['member-user', 'member-user'],
    );
    assert.equal((await act({ 'os-reset_status': { status: 'deleting' } }, 'admin')).status, 202);
    assert.equal((await act({ 'os-force_delete': {} })).status, 403);
    assert.equal((await act({ 'os-force_delete': {} }, 'admin')).status, 202);
    await h().until(`/v3/volumes/${id}`, 'volume', 'gone');
  });
});
