import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { isOperation } from '@kumo/core/http';
import { glanceApi as operations } from '../src/api/index.ts';
import { onDatabases } from './harness.ts';

const contracts: readonly unknown[] = Object.values(operations);

onDatabases('discovery and access', (glance) => {
  test('versions are public', async () => {
    const root = await glance().ask('GET', '/', { as: 'nobody' });
    assert.equal(root.status, 300);
    const [newest, ...older] = root.json.versions;
    assert.equal(newest.status, 'CURRENT');
    assert.match(newest.links[0].href, /\/v2\/$/);
    assert.ok(older.every(({ status }: { status: string }) => status === 'SUPPORTED'));
    const versions = await glance().ask('GET', '/versions', { as: 'nobody' });
    assert.equal(versions.status, 200);
    assert.deepEqual(versions.json, root.json);
  });

  test('schemas describe what the API shows', async () => {
    const { json: schema } = await glance().ask('GET', '/v2/schemas/image');
    const image = await glance().create({ name: 'a' });
    assert.deepEqual(Object.keys(image).sort(), Object.keys(schema.properties).sort());
    assert.deepEqual(schema.properties.name.type, ['null', 'string']);
    assert.ok(schema.properties.size.readOnly);
    assert.ok(schema.properties.disk_format.enum.includes('qcow2'));
    const { json: images } = await glance().ask('GET', '/v2/schemas/images');
    assert.deepEqual(images.properties.images.items, schema);
    assert.equal((await glance().ask('GET', '/v2/schemas/member')).json.name, 'member');
    assert.equal((await glance().ask('GET', '/v2/schemas/members')).json.name, 'members');
    assert.equal((await glance().ask('GET', '/v2/schemas/constructor')).status, 404);
  });

  test('stores, and no import methods', async () => {
    const { json } = await glance().ask('GET', '/v2/info/import');
    assert.deepEqual(json['import-methods'].value, []);
    assert.equal((await glance().ask('GET', '/v2/info/stores')).json.stores[0].default, 'true');
  });

  test('every operation asks for a token, and knows no image that is not there', async () => {
    let checked = 0;
    for (const one of contracts.filter(isOperation)) {
      if (one.policy === 'none') continue;
      const url = one.path.replace('{image_id}', randomUUID()).replace(/\{\w+\}/g, 'x');
      assert.equal((await glance().ask(one.method, url, { as: 'nobody' })).status, 401, one.name);
      if (!one.path.includes('{image_id}')) continue;
      const bodies: Record<string, unknown> = {
        createImageMember: { member: 'x' },
        updateImageMember: { status: 'accepted' },
        updateImage: [],
      };
      const reply = await glance().ask(one.method, url, { as: 'admin', body: bodies[one.name] });
      assert.equal(reply.status, 404, one.name);
      checked += 1;
    }
    assert.ok(checked >= 14);
  });

  test('texts that no database keeps are refused', async () => {
    for (const body of [{ name: 'a\0b' }, { 'k\0': 'v' }, { k: 'v\0' }, { tags: ['\0'] }]) {
      const reply = await glance().ask('POST', '/v2/images', { body });
      assert.equal(reply.status, 400, JSON.stringify(body));
    }
    const { id } = await glance().create();
    assert.equal((await glance().patch(id, [{ op: 'add', path: '/name', value: '\0' }])).status, 400);
    assert.equal((await glance().ask('PUT', `/v2/images/${id}/tags/%00`)).status, 400);
    assert.equal((await glance().create({ name: '☁ 𝄞', 'k☁': '𝄞' })).name, '☁ 𝄞');
  });
});
