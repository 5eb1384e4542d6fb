import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { run } from '../../core/src/exec/index.ts';
import { type Glance, onDatabases } from './harness.ts';

const filesOf = (glance: Glance) => readdir(join(glance.env.stateDir, 'glance', 'images'));
const statusOf = async (glance: Glance, id: string) => (await glance.ask('GET', `/v2/images/${id}`)).json.status;

onDatabases(
  'image data',
  (glance) => {
    test('what was put comes back, with its sums', async () => {
      const data = randomBytes(300_000);
      const { id } = await glance().createWith(data);
      const image = (await glance().ask('GET', `/v2/images/${id}`)).json;
      assert.equal(image.status, 'active');
      assert.equal(image.size, data.length);
      assert.equal(image.virtual_size, data.length);
      assert.equal(image.checksum, createHash('md5').update(data).digest('hex'));
      assert.equal(image.os_hash_algo, 'sha512');
      assert.equal(image.os_hash_value, createHash('sha512').update(data).digest('hex'));
      const file = await glance().ask('GET', image.file);
      assert.equal(file.status, 200);
      assert.ok(file.bytes.equals(data));
      assert.equal(file.headers['content-md5'], image.checksum);
      assert.equal(file.headers['content-length'], '300000');
      assert.equal(file.headers['content-type'], 'application/octet-stream');
    });

    test('ranges', async () => {
      const data = randomBytes(1000);
      const { id } = await glance().createWith(data);
      const cases: [string, number, number][] = [
        ['bytes=0-0', 0, 1],
        ['bytes=10-19', 10, 20],
        ['bytes=990-', 990, 1000],
        ['bytes=-5', 995, 1000],
        ['bytes=900-5000', 900, 1000],
        ['bytes=-5000', 0, 1000],
      ];
      for (const [range, from, to] of cases) {
        const part = await glance().ask('GET', `/v2/images/${id}/file`, { headers: { range } });
        assert.equal(part.status, 206, range);
        assert.ok(part.bytes.equals(data.subarray(from, to)), range);
        assert.equal(part.headers['content-range'], `bytes ${from}-${to - 1}/1000`);
        assert.equal(part.headers['content-md5'], undefined);
      }
      for (const range of ['bytes=1000-', 'bytes=5-4', 'bytes=-', 'bytes=a-b', 'bytes=0-1,5-6', 'bytes=-0']) {
        const refused = await glance().ask('GET', `/v2/images/${id}/file`, { headers: { range } });
        assert.equal(refused.status, 416, range);
        assert.equal(refused.headers['content-range'], 'bytes */1000');
      }
      const ignored = await glance().ask('GET', `/v2/images/${id}/file`, { headers: { range: 'lines=1-2' } });
      assert.equal(ignored.status, 200);
    });

    test('an empty image', async () => {
      const { id } = await glance().createWith(Buffer.alloc(0));
      const file = await glance().ask('GET', `/v2/images/${id}/file`);
      assert.equal(file.status, 200);
      assert.equal(file.bytes.length, 0);
      assert.equal(file.headers['content-md5'], 'd41d8cd98f00b204e9800998ecf8427e');
    });

    test('who may put and get data', async () => {
      const { id } = await glance().create({ disk_format: 'raw', container_format: 'bare', visibility: 'community' });
      assert.equal((await glance().ask('GET', `/v2/images/${id}/file`)).status, 204);
      assert.equal((await glance().put(id, Buffer.from('x'), { as: 'other' })).status, 403);
      assert.equal((await glance().put(id, Buffer.from('x'), { as: 'reader' })).status, 403);
      assert.equal((await glance().put(id, Buffer.from('x'), { as: 'nobody' })).status, 401);
      assert.equal(await statusOf(glance(), id), 'queued');
      assert.equal((await glance().put(id, Buffer.from('x'))).status, 204);
      assert.equal((await glance().ask('GET', `/v2/images/${id}/file`, { as: 'other' })).text, 'x');
      assert.equal((await glance().ask('GET', `/v2/images/${id}/file`, { as: 'reader' })).status, 403);
      const { id: own } = await glance().createWith(Buffer.from('x'), { visibility: 'private' });
      assert.equal((await glance().ask('GET', `/v2/images/${own}/file`, { as: 'other' })).status, 404);
      assert.equal((await glance().put(own, Buffer.from('x'), { as: 'other' })).status, 404);
    });

    test('uploads that are refused leave the image queued and no file', async () => {
      const files = await filesOf(glance());
      const { id } = await glance().create({ disk_format: 'raw', container_format: 'bare' });
      const bare = await glance().create();
      const type = await glance().ask('PUT', `/v2/images/${id}/file`, { body: { a: 1 } });
      assert.equal(type.status, 415);
      const formats = await glance().put(bare.id, Buffer.from('x'));
      assert.equal(formats.status, 400);
      assert.match(formats.text, /disk_format, container_format/);
      const size = await glance().put(id, Buffer.from('x'), { headers: { 'x-openstack-image-size': '2' } });
      assert.equal(size.status, 400);
      const large = await glance().put(id, Buffer.alloc(2_000_001));
      assert.equal(large.status, 413);
      assert.deepEqual([await statusOf(glance(), id), await statusOf(glance(), bare.id)], ['queued', 'queued']);
      assert.deepEqual(await filesOf(glance()), files);
      const right = await glance().put(id, Buffer.from('x'), { headers: { 'x-openstack-image-size': '1' } });
      assert.equal(right.status, 204);
      const again = await glance().put(id, Buffer.from('y'));
      assert.equal(again.status, 409);
      assert.match(again.text, /from active to saving/);
      assert.equal((await glance().ask('GET', `/v2/images/${id}/file`)).text, 'x');
    });

    test('the file goes with its image', async () => {
      const files = await filesOf(glance());
      const { id } = await glance().createWith(randomBytes(10));
      assert.equal((await filesOf(glance())).length, files.length + 1);
      await glance().ask('DELETE', `/v2/images/${id}`);
      assert.deepEqual(await filesOf(glance()), files);
    });
  },
  { imageSizeCapBytes: 2_000_000 },
);

onDatabases('content of images', (glance) => {
  let dir: string;
  before(() => {
    dir = glance().env.stateDir;
  });

  const made = async (name: string, ...args: string[]) => {
    await run('qemu-img', ['create', '-q', ...args.slice(0, -1), join(dir, name), ...args.slice(-1)]);
    return readFile(join(dir, name));
  };
  const refused = async (data: Buffer, disk_format: string, message: RegExp) => {
    const files = await filesOf(glance());
    const { id } = await glance().create({ disk_format, container_format: 'bare' });
    const reply = await glance().put(id, data);
    assert.equal(reply.status, 415, reply.text);
    assert.match(reply.text, message);
    assert.equal(await statusOf(glance(), id), 'queued');
    assert.deepEqual(await filesOf(glance()), files);
    return id;
  };

  test('a qcow2 says how large its disk is', async () => {
    const data = await made('plain.qcow2', '-f', 'qcow2', '64M');
    const { id } = await glance().createWith(data, { disk_format: 'qcow2' });
    assert.equal((await glance().ask('GET', `/v2/images/${id}`)).json.virtual_size, 64 << 20);
  });

  test('content of another format than declared is refused, and the image may be tried again', async () => {
    const qcow2 = await made('other.qcow2', '-f', 'qcow2', '1M');
    await refused(qcow2, 'raw', /disk_format raw: it is qcow2/);
    await refused(Buffer.alloc(100_000), 'qcow2', /disk_format qcow2: it is raw/);
    await refused(await made('other.vmdk', '-f', 'vmdk', '1M'), 'qcow2', /vmdk/);
    const id = await refused(Buffer.alloc(10), 'iso', /iso/);
    await glance().patch(id, [{ op: 'replace', path: '/disk_format', value: 'raw' }]);
    assert.equal((await glance().put(id, Buffer.alloc(10))).status, 204);
  });

  test('images that name other files are refused', async () => {
    await made('base.qcow2', '-f', 'qcow2', '1M');
    const backed = await made('backed.qcow2', '-f', 'qcow2', '-b', join(dir, 'base.qcow2'), '-F', 'qcow2', '1M');
    await refused(backed, 'qcow2', /backing file/);
    const external = await made('ext.qcow2', '-f', 'qcow2', '-o', `data_file=${join(dir, 'ext.raw')}`, '1M');
    await refused(external, 'qcow2', /data file/);
  });

  test('what is inside of a container is not judged by the disk format', async () => {
    const { id } = await glance().createWith(Buffer.from('PK'), { disk_format: 'qcow2', container_format: 'docker' });
    const image = (await glance().ask('GET', `/v2/images/${id}`)).json;
    assert.deepEqual([image.status, image.virtual_size], ['active', null]);
  });
});

onDatabases(
  'content of images, when formats need not match',
  (glance) => {
    test('another format passes, a backing file does not', async () => {
      const dir = glance().env.stateDir;
      await glance().createWith(Buffer.alloc(100), { disk_format: 'qcow2' });
      const path = join(dir, 'b.qcow2');
      await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-u', '-b', '/etc/passwd', '-F', 'raw', path, '1M']);
      const { id } = await glance().create({ disk_format: 'raw', container_format: 'bare' });
      assert.equal((await glance().put(id, await readFile(path))).status, 415);
    });
  },
  { requireImageFormatMatch: false },
);
