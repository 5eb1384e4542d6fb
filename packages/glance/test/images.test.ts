import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { TEST_PROJECT } from '../../core/src/testing/env.ts';
import { type Ask, onDatabases } from './harness.ts';

onDatabases('images', (glance) => {
  test('a new image is queued, shared, and has all fields', async () => {
    const reply = await glance().ask('POST', '/v2/images', {
      body: { name: 'cirros', disk_format: 'qcow2', container_format: 'bare', min_ram: 64, hw_disk_bus: 'virtio' },
    });
    assert.equal(reply.status, 201);
    const image = reply.json;
    assert.ok(String(reply.headers.location).endsWith(`/v2/images/${image.id}`));
    const { id, created_at, updated_at, ...rest } = image;
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(updated_at, created_at);
    assert.deepEqual(rest, {
      name: 'cirros',
      status: 'queued',
      visibility: 'shared',
      protected: false,
      os_hidden: false,
      owner: TEST_PROJECT,
      container_format: 'bare',
      disk_format: 'qcow2',
      size: null,
      virtual_size: null,
      checksum: null,
      os_hash_algo: null,
      os_hash_value: null,
      min_disk: 0,
      min_ram: 64,
      tags: [],
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
      schema: '/v2/schemas/image',
      hw_disk_bus: 'virtio',
    });
    assert.deepEqual((await glance().ask('GET', `/v2/images/${id}`)).json, image);
  });

  test('what cannot be created is refused by name, and nothing is made', async () => {
    const marker = randomUUID();
    const cases: [number, RegExp, Record<string, unknown>, Ask['as']?][] = [
      [400, /disk_format/, { disk_format: 'floppy' }],
      [400, /container_format/, { container_format: 'box' }],
      [400, /min_ram/, { min_ram: -1 }],
      [400, /visibility/, { visibility: 'secret' }],
      [400, /hw_thing/, { hw_thing: 3 }],
      [400, /id/, { id: 'no-uuid' }],
      [400, /tags/, { tags: ['a', 'a'] }],
      [403, /checksum/, { checksum: 'x' }],
      [403, /os_glance_x/, { os_glance_x: 'x' }],
      [403, /locations/, { locations: [] }],
      [403, /publicize_image/, { visibility: 'public' }],
      [403, /add_image/, { owner: 'somebody-else' }],
      [403, /add_image/, {}, 'reader'],
      [401, /./, {}, 'nobody'],
    ];
    for (const [status, message, body, as] of cases) {
      const reply = await glance().ask('POST', '/v2/images', { as, body: { name: marker, ...body } });
      assert.equal(reply.status, status, JSON.stringify(body));
      assert.match(reply.text, message);
    }
    const left = await glance().ask('GET', `/v2/images?name=${marker}`, { as: 'admin' });
    assert.deepEqual(left.json.images, []);
  });

  test('an id is taken once', async () => {
    const id = randomUUID();
    await glance().create({ id, name: 'one' });
    const again = await glance().ask('POST', '/v2/images', { as: 'other', body: { id, name: 'two' } });
    assert.equal(again.status, 409);
    assert.equal((await glance().ask('GET', `/v2/images/${id}`)).json.name, 'one');
  });

  test('the id of a deleted image is given to nobody, its owner neither, not even to many who ask at once', async () => {
    const id = randomUUID();
    await glance().create({ id, name: 'one' });
    assert.equal((await glance().ask('DELETE', `/v2/images/${id}`)).status, 204);
    const takers = ['other', 'member', 'admin', 'service'] as const;
    const taken = await Promise.all(
      takers.map((as) => glance().ask('POST', '/v2/images', { as, body: { id, name: 'two' } })),
    );
    assert.deepEqual(
      taken.map(({ status }) => status),
      [409, 409, 409, 409],
    );
    assert.equal((await glance().ask('GET', `/v2/images/${id}`, { as: 'admin' })).status, 404);
    const fresh = randomUUID();
    const raced = await Promise.all(
      Array.from({ length: 8 }, () => glance().ask('POST', '/v2/images', { body: { id: fresh, name: 'raced' } })),
    );
    assert.deepEqual(raced.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409, 409, 409, 409]);
  });

  test('who sees an image', async () => {
    const seen = async (id: string) => {
      const statuses: number[] = [];
      for (const as of ['member', 'reader', 'other', 'admin'] as const)
        statuses.push((await glance().ask('GET', `/v2/images/${id}`, { as })).status);
      return statuses;
    };
    const make = async (visibility: string) => (await glance().create({ visibility }, 'admin')).id;
    assert.deepEqual(await seen(await make('private')), [200, 200, 404, 200]);
    assert.deepEqual(await seen(await make('shared')), [200, 200, 404, 200]);
    assert.deepEqual(await seen(await make('community')), [200, 200, 200, 200]);
    assert.deepEqual(await seen(await make('public')), [200, 200, 200, 200]);
    assert.equal((await glance().ask('GET', `/v2/images/${randomUUID()}`)).status, 404);
  });

  test('a patch changes fields and properties, all or nothing', async () => {
    const { id } = await glance().create({ name: 'a', keep: 'k', drop: 'd' });
    const done = await glance().patch(id, [
      { op: 'replace', path: '/name', value: 'b' },
      { op: 'add', path: '/new', value: 'n' },
      { op: 'add', path: '/keep', value: 'k2' },
      { op: 'remove', path: '/drop' },
      { op: 'replace', path: '/tags', value: ['y', 'x'] },
      { op: 'add', path: '/with~1slash', value: 's' },
      { op: 'replace', path: '/protected', value: true },
    ]);
    assert.equal(done.status, 200, done.text);
    const shown = (await glance().ask('GET', `/v2/images/${id}`)).json;
    assert.deepEqual(shown, done.json);
    const { name, keep, tags } = shown;
    assert.deepEqual([name, keep, tags, shown.new, shown['with/slash']], ['b', 'k2', ['x', 'y'], 'n', 's']);
    assert.ok(!('drop' in shown) && shown.protected);
    const half = await glance().patch(id, [
      { op: 'replace', path: '/name', value: 'c' },
      { op: 'remove', path: '/absent' },
    ]);
    assert.equal(half.status, 409);
    assert.equal((await glance().ask('GET', `/v2/images/${id}`)).json.name, 'b');
  });

  test('patches that are refused', async () => {
    const { id } = await glance().create({ name: 'a' });
    const cases: [number, RegExp, unknown[]][] = [
      [400, /add, replace and remove/, [{ op: 'move', path: '/name', value: 'x' }]],
      [400, /slash/, [{ op: 'add', path: 'name', value: 'x' }]],
      [400, /attribute/, [{ op: 'add', path: '/a/b', value: 'x' }]],
      [400, /tilde/, [{ op: 'add', path: '/a~2', value: 'x' }]],
      [400, /value/, [{ op: 'add', path: '/a' }]],
      [400, /min_disk/, [{ op: 'replace', path: '/min_disk', value: -1 }]],
      [400, /visibility/, [{ op: 'replace', path: '/visibility', value: 'x' }]],
      [400, /foo/, [{ op: 'add', path: '/foo', value: 7 }]],
      [403, /size/, [{ op: 'replace', path: '/size', value: 7 }]],
      [403, /id/, [{ op: 'replace', path: '/id', value: randomUUID() }]],
      [403, /deleted/, [{ op: 'add', path: '/deleted', value: 'x' }]],
      [403, /locations/, [{ op: 'add', path: '/locations/-', value: {} }]],
      [403, /name/, [{ op: 'remove', path: '/name' }]],
      [403, /publicize_image/, [{ op: 'replace', path: '/visibility', value: 'public' }]],
      [403, /add_image/, [{ op: 'replace', path: '/owner', value: 'other' }]],
      [409, /foo/, [{ op: 'replace', path: '/foo', value: 'x' }]],
    ];
    const before = (await glance().ask('GET', `/v2/images/${id}`)).json;
    for (const [status, message, changes] of cases) {
      const reply = await glance().patch(id, changes);
      assert.equal(reply.status, status, JSON.stringify(changes));
      assert.match(reply.text, message);
    }
    const json = await glance().ask('PATCH', `/v2/images/${id}`, { body: [] });
    assert.equal(json.status, 415);
    assert.match(String(json.headers['accept-patch']), /v2.1-json-patch/);
    assert.equal((await glance().patch(id, [], { as: 'other' })).status, 404);
    assert.equal((await glance().patch(id, [], { as: 'reader' })).status, 403);
    assert.deepEqual((await glance().ask('GET', `/v2/images/${id}`)).json, before);
  });

  test('the older patch type', async () => {
    const { id } = await glance().create({ name: 'a' });
    const headers = { 'content-type': 'application/openstack-images-v2.0-json-patch' };
    const reply = await glance().patch(id, [{ replace: '/name', value: 'b' }], { headers });
    assert.equal(reply.status, 200);
    assert.equal(reply.json.name, 'b');
  });

  test('formats are fixed once there is data', async () => {
    const { id } = await glance().createWith(Buffer.alloc(10));
    const reply = await glance().patch(id, [{ op: 'replace', path: '/disk_format', value: 'iso' }]);
    assert.equal(reply.status, 403);
    assert.match(reply.text, /disk_format/);
  });

  test('deletion: protected images stay, others go with all they had', async () => {
    const { id } = await glance().create({ protected: true, tags: ['t'], p: 'v' });
    assert.equal((await glance().ask('DELETE', `/v2/images/${id}`, { as: 'other' })).status, 404);
    assert.equal((await glance().ask('DELETE', `/v2/images/${id}`, { as: 'reader' })).status, 403);
    assert.equal((await glance().ask('DELETE', `/v2/images/${id}`)).status, 403);
    await glance().patch(id, [{ op: 'replace', path: '/protected', value: false }]);
    assert.equal((await glance().ask('DELETE', `/v2/images/${id}`)).status, 204);
    assert.equal((await glance().ask('DELETE', `/v2/images/${id}`)).status, 404);
    assert.equal((await glance().ask('GET', `/v2/images/${id}`)).status, 404);
  });

  test('tags', async () => {
    const { id } = await glance().create();
    const tag = `/v2/images/${id}/tags/a%20b`;
    assert.equal((await glance().ask('PUT', tag)).status, 204);
    assert.equal((await glance().ask('PUT', tag)).status, 204);
    assert.deepEqual((await glance().ask('GET', `/v2/images/${id}`)).json.tags, ['a b']);
    assert.equal((await glance().ask('PUT', tag, { as: 'other' })).status, 404);
    assert.equal((await glance().ask('DELETE', tag)).status, 204);
    assert.equal((await glance().ask('DELETE', tag)).status, 404);
    assert.equal((await glance().ask('PUT', `/v2/images/${id}/tags/${'x'.repeat(256)}`)).status, 400);
  });

  test('deactivation keeps the data from all but admins', async () => {
    const { id } = await glance().createWith(Buffer.from('data'), { visibility: 'community' });
    const act = (action: string, as?: Ask['as']) => glance().ask('POST', `/v2/images/${id}/actions/${action}`, { as });
    assert.equal((await act('deactivate', 'other')).status, 403);
    assert.equal((await act('deactivate')).status, 204);
    assert.equal((await act('deactivate')).status, 204);
    assert.equal((await glance().ask('GET', `/v2/images/${id}`)).json.status, 'deactivated');
    assert.equal((await glance().ask('GET', `/v2/images/${id}/file`)).status, 403);
    assert.equal((await glance().ask('GET', `/v2/images/${id}/file`, { as: 'admin' })).text, 'data');
    assert.equal((await act('reactivate')).status, 204);
    assert.equal((await glance().ask('GET', `/v2/images/${id}/file`)).text, 'data');
    const queued = await glance().create();
    assert.equal((await glance().ask('POST', `/v2/images/${queued.id}/actions/deactivate`)).status, 403);
  });
});

onDatabases(
  'quotas of images',
  (glance) => {
    test('properties and tags are bounded, on creation and afterwards', async () => {
      const { ask, create, patch } = glance();
      assert.equal((await ask('POST', '/v2/images', { body: { a: '1', b: '2', c: '3' } })).status, 413);
      assert.equal((await ask('POST', '/v2/images', { body: { tags: ['a', 'b', 'c'] } })).status, 413);
      const { id } = await create({ a: '1', b: '2', tags: ['a', 'b'] });
      assert.equal((await patch(id, [{ op: 'add', path: '/c', value: '3' }])).status, 413);
      assert.equal((await ask('PUT', `/v2/images/${id}/tags/c`)).status, 413);
      assert.equal((await ask('PUT', `/v2/images/${id}/tags/b`)).status, 204);
      const swap = [
        { op: 'remove', path: '/a' },
        { op: 'add', path: '/c', value: '3' },
      ];
      assert.equal((await patch(id, swap)).status, 200);
    });
  },
  { imagePropertyQuota: 2, imageTagQuota: 2 },
);
