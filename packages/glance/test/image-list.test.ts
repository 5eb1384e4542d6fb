import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { OTHER_PROJECT } from '../../core/src/testing/env.ts';
import { type Ask, onDatabases } from './harness.ts';

onDatabases('list of images', (glance) => {
  const names = async (query: string, as?: Ask['as']): Promise<string[]> => {
    const reply = await glance().ask('GET', `/v2/images${query}`, { as });
    assert.equal(reply.status, 200, reply.text);
    return reply.json.images.map((image: { name: string }) => image.name);
  };

  before(async () => {
    await glance().createWith(Buffer.alloc(100), { name: 'small', os_distro: 'debian', tags: ['x', 'y'] });
    await glance().createWith(Buffer.alloc(5000), { name: 'large', os_distro: 'debian', tags: ['x'] });
    await glance().create({ name: 'with, comma', protected: true, min_ram: 7 });
    await glance().create({ name: 'hidden', os_hidden: true });
    await glance().create({ name: 'public', visibility: 'public' }, 'admin');
    await glance().create({ name: 'private-of-other', visibility: 'private' }, 'other');
    await glance().create({ name: 'community-of-other', visibility: 'community' }, 'other');
  });

  test('shows the newest first, and only what the caller may see', async () => {
    assert.deepEqual(await names(''), ['public', 'with, comma', 'large', 'small']);
    assert.deepEqual(await names('', 'reader'), ['public', 'with, comma', 'large', 'small']);
    assert.deepEqual(await names('', 'other'), ['community-of-other', 'private-of-other', 'public']);
    assert.equal((await names('', 'admin')).length, 6);
    assert.equal((await glance().ask('GET', '/v2/images', { as: 'nobody' })).status, 401);
  });

  test('filters', async () => {
    const cases: Record<string, string[]> = {
      '?name=large': ['large'],
      '?name=in:small,%22with,%20comma%22': ['with, comma', 'small'],
      '?status=active': ['large', 'small'],
      '?status=in:queued,saving': ['public', 'with, comma'],
      '?visibility=public': ['public'],
      '?visibility=community': ['community-of-other'],
      '?visibility=private': [],
      '?visibility=shared': ['with, comma', 'large', 'small'],
      '?visibility=all': ['community-of-other', 'public', 'with, comma', 'large', 'small'],
      '?os_hidden=true': ['hidden'],
      '?protected=true': ['with, comma'],
      '?min_ram=7': ['with, comma'],
      '?size_min=101': ['large'],
      '?size_max=100': ['small'],
      '?size=100': ['small'],
      '?tag=x': ['large', 'small'],
      '?tag=x&tag=y': ['small'],
      '?os_distro=debian': ['large', 'small'],
      '?os_distro=debian&tag=y': ['small'],
      '?os_distro=fedora': [],
      '?disk_format=raw': ['large', 'small'],
      '?created_at=gt:2100-01-01T00:00:00Z': [],
      '?created_at=lt:2100-01-01T00:00:00Z&name=small': ['small'],
      [`?owner=${OTHER_PROJECT}&visibility=all`]: ['community-of-other'],
    };
    for (const [query, expected] of Object.entries(cases)) assert.deepEqual(await names(query), expected, query);
  });

  test('times are compared by seconds', async () => {
    const [image] = (await glance().ask('GET', '/v2/images?name=small')).json.images;
    const at = async (operator: string) =>
      (await names(`?name=small&created_at=${operator}${image.created_at}`)).length;
    const found = [];
    for (const operator of ['', 'eq:', 'gte:', 'lte:', 'gt:', 'lt:', 'neq:']) found.push(await at(operator));
    assert.deepEqual(found, [1, 1, 1, 1, 0, 0, 0]);
    assert.equal((await names('?name=small&updated_at=neq:2001-01-01T00:00:00Z')).length, 1);
  });

  test('order', async () => {
    assert.deepEqual(await names('?sort=name:asc'), ['large', 'public', 'small', 'with, comma']);
    assert.deepEqual(await names('?sort_key=name&sort_dir=desc'), ['with, comma', 'small', 'public', 'large']);
    assert.deepEqual(await names('?sort=size:desc,name:asc'), ['large', 'small', 'public', 'with, comma']);
    assert.deepEqual(await names('?sort_dir=asc'), ['small', 'large', 'with, comma', 'public']);
  });

  test('pages: by marker, without gaps, in any order', async () => {
    for (const order of ['', '&sort=size:asc', '&sort=status:asc,name:desc', '&sort_key=disk_format']) {
      const whole = await names(`?limit=100${order}`);
      const paged: string[] = [];
      let next: string | undefined = `/v2/images?limit=1${order}`;
      while (next !== undefined) {
        const reply = await glance().ask('GET', next);
        assert.equal(reply.status, 200, reply.text);
        paged.push(...reply.json.images.map((image: { name: string }) => image.name));
        next = reply.json.next;
        assert.ok(paged.length <= whole.length, 'it ends');
      }
      assert.deepEqual(paged, whole, order);
    }
    const empty = (await glance().ask('GET', '/v2/images?limit=0')).json;
    assert.deepEqual(empty.images, []);
  });

  test('what is no list', async () => {
    const [hidden] = (await glance().ask('GET', '/v2/images?visibility=private', { as: 'other' })).json.images;
    const cases: [string, RegExp][] = [
      ['?limit=-1', /limit/],
      ['?limit=x', /limit/],
      ['?marker=none', /marker/],
      [`?marker=${hidden.id}`, /marker/],
      ['?sort_key=secret', /secret/],
      ['?sort_dir=up&sort_key=name', /sort_dir/],
      ['?sort=name&sort_key=name', /sort/],
      ['?visibility=x', /visibility/],
      ['?member_status=x', /member_status/],
      ['?created_at=yesterday', /created_at/],
      ['?created_at=around:2020-01-01T00:00:00Z', /created_at/],
      ['?name=in:%22a', /name/],
      ['?size_min=x', /size_min/],
    ];
    for (const [query, message] of cases) {
      const reply = await glance().ask('GET', `/v2/images${query}`);
      assert.equal(reply.status, 400, query);
      assert.match(reply.text, message);
    }
  });

  test('of a property that is asked for twice the last value counts', async () => {
    const { id } = await glance().create({ name: 'twice', colour: 'red' });
    const found = async (query: string) => (await glance().ask('GET', `/v2/images?${query}`)).json.images;
    assert.deepEqual(
      (await found('colour=blue&colour=red')).map((image: { id: string }) => image.id),
      [id],
    );
    assert.deepEqual(await found('colour=red&colour=blue'), []);
  });
});
