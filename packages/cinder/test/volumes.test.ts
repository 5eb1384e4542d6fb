import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OTHER_PROJECT, onDatabases, TEST_PROJECT } from './harness.ts';

onDatabases('volumes', (h) => {
  const POST = (path: string, body: unknown, token?: string, version?: string) =>
    h().call('POST', path, { body, token, version });

  test('a volume is made, shown under both URLs, changed and deleted', async () => {
    const made = await POST(`/v3/${TEST_PROJECT}/volumes`, {
      volume: { size: '1', name: 'one', metadata: { a: 'b' } },
    });
    assert.equal(made.status, 202);
    assert.equal(made.body.volume.status, 'creating');
    const { id } = made.body.volume;
    await h().until(`/v3/volumes/${id}`, 'volume', 'available');
    const { body } = await h().call('GET', `/v3/${TEST_PROJECT}/volumes/${id}`);
    assert.equal(body.volume.size, 1);
    assert.deepEqual(body.volume.metadata, { a: 'b' });
    assert.equal(body.volume.volume_type, '__DEFAULT__');
    assert.equal(body.volume.bootable, 'false');
    assert.equal(body.volume['os-vol-host-attr:host'], undefined);
    const asAdmin = await h().call('GET', `/v3/volumes/${id}`, { token: 'admin' });
    assert.equal(asAdmin.body.volume['os-vol-host-attr:host'], 'test-host@file#file');
    const changed = await h().call('PUT', `/v3/volumes/${id}`, {
      body: { volume: { name: 'two', description: null } },
    });
    assert.equal(changed.status, 200);
    assert.equal(changed.body.volume.name, 'two');
    assert.equal((await h().call('DELETE', `/v3/volumes/${id}`)).status, 202);
    await h().until(`/v3/volumes/${id}`, 'volume', 'gone');
    assert.deepEqual(
      (await h().driver.list()).volumes.filter((one) => one.id === id),
      [],
    );
  });

  test('fields of newer microversions are not shown to older clients', async () => {
    const id = await h().volume();
    const old = (await h().call('GET', `/v3/volumes/${id}`, { version: '3.0' })).body.volume;
    assert.equal('group_id' in old, false);
    assert.equal('consumes_quota' in old, false);
    assert.equal((await h().call('GET', `/v3/volumes/${id}`)).body.volume.consumes_quota, true);
    assert.equal((await h().call('GET', '/v3/attachments', { version: '3.26' })).status, 404);
    assert.equal((await h().call('GET', '/v3/volumes', { version: '3.99' })).status, 406);
  });

  test("another project's volume is not there", async () => {
    const id = await h().volume();
    assert.equal((await h().call('GET', `/v3/volumes/${id}`, { token: 'other' })).status, 404);
    assert.equal((await h().call('DELETE', `/v3/volumes/${id}`, { token: 'other' })).status, 404);
    assert.equal((await h().call('DELETE', `/v3/volumes/${id}`, { token: 'reader' })).status, 403);
    assert.equal((await h().call('GET', `/v3/${OTHER_PROJECT}/volumes/${id}`)).status, 400);
    assert.equal((await h().call('GET', `/v3/volumes/${id}`, { token: null })).status, 401);
    assert.equal((await POST('/v3/volumes', { volume: { size: 1 } }, 'reader')).status, 403);
  });

  test('bad requests are refused, naming the field, and change nothing', async () => {
    const before = (await h().call('GET', '/v3/volumes?with_count=true')).body.count;
    const table: [unknown, number, RegExp][] = [
      [{ volume: {} }, 400, /size/],
      [{ volume: { size: 0 } }, 400, /size/],
      [{ volume: { size: -1 } }, 400, /size/],
      [{ volume: { size: 'many' } }, 400, /size/],
      [{ volume: { size: 1.5 } }, 400, /size/],
      [{ volume: { size: 1e308 } }, 400, /size/],
      [{ volume: { size: 2 ** 31 } }, 400, /size/],
      [{ volume: { size: 1, name: 'x'.repeat(256) } }, 400, /name/],
      [{ volume: { size: 1, metadata: { a: 1 } } }, 400, /metadata/],
      [{ volume: { size: 1, metadata: { a: 'x'.repeat(256) } } }, 400, /metadata/],
      [{ volume: { size: 1, snapshot_id: '3f1e5a1c-0000-4000-8000-000000000000' } }, 404, /Snapshot/],
      [{ volume: { size: 1, source_volid: '3f1e5a1c-0000-4000-8000-000000000000' } }, 404, /Volume/],
      [{ volume: { size: 1, imageRef: '3f1e5a1c-0000-4000-8000-000000000000' } }, 400, /image/i],
      [{ volume: { size: 1, imageRef: '.' } }, 400, /image/i],
      [{ volume: { size: 1, imageRef: '..' } }, 400, /image/i],
      [{ volume: { size: 1, imageRef: 'a/../../b' } }, 400, /image/i],
      [{ volume: { size: 1, imageRef: 'a', snapshot_id: 'b' } }, 400, /only one/],
      [{ volume: { size: 1, volume_type: 'nope' } }, 404, /type/],
      [{ volume: { size: 1, availability_zone: 'nope' } }, 400, /zone/i],
      [{ volume: { size: 1, multiattach: true } }, 400, /multiattach/],
      [{ volume: { size: 5000 } }, 413, /gigabytes quota/],
      [{}, 400, /volume/],
      [[], 400, /./],
    ];
    for (const [body, status, message] of table) {
      const answer = await POST('/v3/volumes', body);
      assert.equal(answer.status, status, `${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`);
      assert.match((Object.values(answer.body)[0] as { message: string }).message, message);
    }
    assert.equal((await h().call('GET', '/v3/volumes?with_count=true')).body.count, before);
  });

  test('lists filter, sort and page', async () => {
    const names = ['l-a', 'l-b', 'l-c'];
    for (const [index, name] of names.entries())
      await h().volume({ name, size: index + 1, metadata: { group: 'l', name } });
    const list = async (query: string, token?: string) =>
      (await h().call('GET', `/v3/volumes/detail?${query}`, { token })).body;
    assert.deepEqual(
      (await list("metadata={'group': 'l'}&sort=size:asc")).volumes.map((one: { name: string }) => one.name),
      names,
    );
    assert.deepEqual(
      (await list('name=l-b')).volumes.map((one: { size: number }) => one.size),
      [2],
    );
    assert.deepEqual(
      (await list('name~=l-&sort_key=name&sort_dir=desc')).volumes.map((one: { name: string }) => one.name),
      names.toReversed(),
    );
    const asJson = encodeURIComponent(JSON.stringify({ group: 'l', name: 'l-a' }));
    assert.equal((await list(`metadata=${asJson}`)).volumes.length, 1);
    assert.equal((await h().call('GET', '/v3/volumes?metadata=nonsense')).status, 400);
    const first = await list("metadata={'group': 'l'}&sort=name:asc&limit=2");
    assert.equal(first.volumes.length, 2);
    const next = new URL(first.volumes_links[0].href);
    const second = await h().call('GET', `${next.pathname}${next.search}`);
    assert.deepEqual(
      second.body.volumes.map((one: { name: string }) => one.name),
      ['l-c'],
    );
    assert.equal(second.body.volumes_links, undefined);
    const full = await list("metadata={'group': 'l'}&limit=3");
    assert.equal(full.volumes_links[0].rel, 'next', 'a full page links to the next one, even to an empty one');
    const none = await list('limit=0');
    assert.deepEqual(none, { volumes: [] });
    assert.equal((await list("metadata={'group': 'l'}&with_count=true&limit=1")).count, 3);
    assert.equal((await list("metadata={'group': 'l'}&sort=name:asc&offset=1&limit=1")).volumes[0].name, 'l-b');
    assert.deepEqual((await list("metadata={'group': 'l'}", 'other')).volumes, []);
    assert.deepEqual((await list('all_tenants=1', 'other')).volumes, []);
    const adminOfOther = (await list(`all_tenants=1&project_id=${TEST_PROJECT}&name=l-a`, 'admin')).volumes;
    assert.equal(adminOfOther.length, 1);
    assert.equal((await h().call('GET', '/v3/volumes?sort=nothing:asc')).status, 400);
    assert.equal((await h().call('GET', '/v3/volumes?marker=nothing')).status, 404);
    assert.equal((await h().call('GET', '/v3/snapshots?marker=nothing')).status, 404);
    assert.equal((await h().call('GET', '/v3/volumes?limit=-1')).status, 400);
    const summary = (await h().call('GET', '/v3/volumes/summary')).body['volume-summary'];
    assert.deepEqual(summary.metadata.group, ['l']);
    for (const name of names) {
      const [one] = (await list(`name=${name}`)).volumes;
      await h().call('DELETE', `/v3/volumes/${one.id}`);
      await h().until(`/v3/volumes/${one.id}`, 'volume', 'gone');
    }
  });

  test('metadata of a volume', async () => {
    const id = await h().volume({ metadata: { a: '1' } });
    const url = `/v3/volumes/${id}/metadata`;
    assert.deepEqual((await POST(url, { metadata: { b: '2' } })).body.metadata, { a: '1', b: '2' });
    assert.deepEqual((await h().call('PUT', url, { body: { metadata: { c: '3' } } })).body.metadata, { c: '3' });
    assert.deepEqual((await h().call('PUT', `${url}/c`, { body: { meta: { c: '4' } } })).body.meta, { c: '4' });
    assert.equal((await h().call('PUT', `${url}/c`, { body: { meta: { d: '4' } } })).status, 400);
    assert.deepEqual((await h().call('GET', `${url}/c`)).body.meta, { c: '4' });
    assert.equal((await h().call('DELETE', `${url}/c`)).status, 200);
    assert.equal((await h().call('DELETE', `${url}/c`)).status, 404);
    assert.deepEqual((await h().call('GET', url)).body.metadata, {});
  });

  test('a volume is made from an image, uploaded, cloned, extended', async () => {
    const imageId = h().glance.add(Buffer.alloc(1 << 20, 7), { min_disk: 1 });
    const id = await h().volume({ imageRef: imageId });
    const { volume } = (await h().call('GET', `/v3/volumes/${id}`)).body;
    assert.equal(volume.bootable, 'true');
    assert.equal(volume.volume_image_metadata.image_id, imageId);
    assert.equal(volume.volume_image_metadata.hw_disk_bus, 'virtio');
    const clone = await h().volume({ size: undefined, source_volid: id });
    assert.equal((await h().call('GET', `/v3/volumes/${clone}`)).body.volume.bootable, 'true');
    assert.equal((await POST(`/v3/volumes/${clone}/action`, { 'os-extend': { new_size: 2 } })).status, 202);
    await h().until(`/v3/volumes/${clone}`, 'volume', 'available');
    assert.equal((await h().call('GET', `/v3/volumes/${clone}`)).body.volume.size, 2);
    assert.equal((await POST(`/v3/volumes/${clone}/action`, { 'os-extend': { new_size: 2 } })).status, 400);
    assert.equal((await POST(`/v3/volumes/${clone}/action`, { 'os-nothing': {} })).status, 400);
    const inactive = h().glance.add(Buffer.alloc(8), { status: 'queued' });
    assert.equal((await POST('/v3/volumes', { volume: { size: 1, imageRef: inactive } })).status, 400);
    const large = h().glance.add(Buffer.alloc(8), { min_disk: 3 });
    assert.equal((await POST('/v3/volumes', { volume: { size: 1, imageRef: large } })).status, 400);
  });

  test('an image whose data is not what it says puts the volume in error, with a message', async () => {
    const imageId = h().glance.add(Buffer.alloc(1 << 20, 7), { disk_format: 'qcow2' });
    const id = await h().volume({ imageRef: imageId }, { status: 'error' });
    const { messages } = (await h().call('GET', `/v3/messages?resource_uuid=${id}`)).body;
    assert.equal(messages.length, 1);
    assert.match(messages[0].user_message, /create volume/);
    assert.equal((await h().call('DELETE', `/v3/messages/${messages[0].id}`)).status, 204);
    assert.equal((await h().call('GET', `/v3/messages/${messages[0].id}`)).status, 404);
    assert.deepEqual(
      (await h().driver.list()).volumes.filter((one) => one.id === id),
      [],
    );
    await h().call('DELETE', `/v3/volumes/${id}`);
    await h().until(`/v3/volumes/${id}`, 'volume', 'gone');
  });

  test('snapshots: made, listed, restored from, and in the way of deletion', async () => {
    const id = await h().volume();
    const made = await POST('/v3/snapshots', { snapshot: { volume_id: id, name: 's', metadata: { k: 'v' } } });
    assert.equal(made.status, 202);
    const snapshot = made.body.snapshot.id;
    await h().until(`/v3/snapshots/${snapshot}`, 'snapshot', 'available');
    assert.equal((await h().call('GET', `/v3/snapshots/detail?volume_id=${id}`)).body.snapshots[0].name, 's');
    assert.equal((await h().call('GET', `/v3/snapshots/${snapshot}`, { token: 'other' })).status, 404);
    const restored = await h().volume({ size: undefined, snapshot_id: snapshot });
    assert.equal((await h().call('DELETE', `/v3/volumes/${id}`)).status, 400);
    assert.equal((await h().call('DELETE', `/v3/volumes/${id}?cascade=true`)).status, 202);
    await h().until(`/v3/volumes/${id}`, 'volume', 'gone');
    assert.equal((await h().call('GET', `/v3/snapshots/${snapshot}`)).status, 404);
    await h().call('DELETE', `/v3/volumes/${restored}`);
    await h().until(`/v3/volumes/${restored}`, 'volume', 'gone');
  });
});
