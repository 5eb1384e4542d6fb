import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { type ImageStore, imageDataExists, imageDataNotFound, imageTooLarge } from './image-store.ts';

async function* chunksOf(data: Buffer, chunkBytes = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += chunkBytes) yield data.subarray(at, at + chunkBytes);
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every image store must do; `make` gives an empty one. */
export function imageStoreConformance(name: string, make: () => Promise<ImageStore>): void {
  describe(`image store: ${name}`, () => {
    test('gives back what was put, whole and in ranges, with its hashes', async () => {
      const store = await make();
      const data = randomBytes(100_000);
      const put = await store.put(randomUUID(), chunksOf(data));
      assert.deepEqual(put, {
        location: put.location,
        sizeBytes: data.length,
        checksum: createHash('md5').update(data).digest('hex'),
        osHashAlgo: 'sha512',
        osHashValue: createHash('sha512').update(data).digest('hex'),
      });
      assert.equal(await store.sizeBytes(put.location), data.length);
      assert.ok((await bytesOf(await store.get(put.location))).equals(data));
      const ranges = [
        [0, 1],
        [99_999, 1],
        [5000, 70_000],
        [99_000, 5000],
        [100_000, 10],
        [200_000, 1],
        [10, 0],
      ] as const;
      for (const [offset, lengthBytes] of ranges) {
        const part = await bytesOf(await store.get(put.location, { offset, lengthBytes }));
        assert.ok(part.equals(data.subarray(offset, offset + lengthBytes)), `${offset}+${lengthBytes}`);
      }
      assert.ok((await bytesOf(await store.get(put.location, { offset: 40 }))).equals(data.subarray(40)));
    });

    test('keeps an empty image', async () => {
      const store = await make();
      const { location, checksum } = await store.put(randomUUID(), chunksOf(Buffer.alloc(0)));
      assert.equal(checksum, 'd41d8cd98f00b204e9800998ecf8427e');
      assert.equal((await bytesOf(await store.get(location))).length, 0);
    });

    test('deletes twice, and then has nothing', async () => {
      const store = await make();
      const { location } = await store.put(randomUUID(), chunksOf(Buffer.from('data')));
      await store.delete(location);
      await store.delete(location);
      assert.equal(await store.sizeBytes(location), undefined);
      await assert.rejects(store.get(location), imageDataNotFound.is);
    });

    test('of puts of one id one wins and stays as it is', async () => {
      const store = await make();
      const imageId = randomUUID();
      const puts = ['first', 'second', 'third'].map((text) => store.put(imageId, chunksOf(Buffer.from(text), 1)));
      const results = await Promise.allSettled(puts);
      const won = results.filter((result) => result.status === 'fulfilled');
      assert.equal(won.length, 1);
      for (const result of results) if (result.status === 'rejected') assert.ok(imageDataExists.is(result.reason));
      const data = await bytesOf(await store.get(won[0]!.value.location));
      assert.equal(createHash('md5').update(data).digest('hex'), won[0]!.value.checksum);
      await assert.rejects(store.put(imageId, chunksOf(Buffer.from('late'))), imageDataExists.is);
      assert.ok((await bytesOf(await store.get(won[0]!.value.location))).equals(data));
      assert.equal(await store.removeLeftovers(0), 0);
    });

    test('OSSA-2014-028: an upload beyond its limit stops and leaves nothing', async () => {
      const store = await make();
      let sent = 0;
      async function* endless() {
        for (;;) {
          sent += 1000;
          yield Buffer.alloc(1000);
        }
      }
      await assert.rejects(store.put(randomUUID(), endless(), { maxBytes: 10_000 }), imageTooLarge.is);
      assert.ok(sent <= 12_000);
      assert.deepEqual([await store.list(), await store.removeLeftovers(0)], [[], 0]);
      await store.put(randomUUID(), chunksOf(Buffer.alloc(10_000)), { maxBytes: 10_000 });
    });

    test('OSSA-2015-003: an upload that is aborted or breaks leaves nothing', async () => {
      const store = await make();
      async function* broken() {
        yield Buffer.from('begin');
        throw new Error('connection reset');
      }
      await assert.rejects(store.put(randomUUID(), broken()), /connection reset/);
      async function* hanging() {
        yield Buffer.from('begin');
        await new Promise(() => {});
      }
      const abort = new AbortController();
      const put = store.put(randomUUID(), hanging(), { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('image was deleted')), 20);
      await assert.rejects(put, /image was deleted/);
      await assert.rejects(store.put(randomUUID(), hanging(), { signal: abort.signal }), /image was deleted/);
      assert.deepEqual([await store.list(), await store.removeLeftovers(0)], [[], 0]);
    });

    test('OSSA-2014-041: ids and locations that lead elsewhere are refused', async () => {
      const store = await make();
      const { location } = await store.put(randomUUID(), chunksOf(Buffer.from('data')));
      const around = location.slice(0, location.lastIndexOf('/') + 1);
      const elsewhere = [
        'file:///etc/passwd',
        '/etc/passwd',
        'http://host/x',
        `${around}../x`,
        `${around}%2e%2e%2fx`,
        around,
        '',
      ];
      for (const bad of elsewhere) {
        await assert.rejects(store.get(bad), { name: 'DriverError' }, bad);
        await assert.rejects(store.delete(bad), { name: 'DriverError' }, bad);
      }
      for (const bad of ['../x', '', 'a/b', '.hidden', 'x'.repeat(36)]) {
        await assert.rejects(async () => store.put(bad, chunksOf(Buffer.from('x'))), { name: 'DriverError' });
      }
      assert.equal(await store.sizeBytes(location), 4);
    });

    test('lists what it holds', async () => {
      const store = await make();
      const ids = [randomUUID(), randomUUID()];
      for (const id of ids) await store.put(id, chunksOf(Buffer.from(id)));
      const listed = await store.list();
      assert.deepEqual(listed.map(({ imageId }) => imageId).sort(), [...ids].sort());
      assert.ok(listed.every(({ sizeBytes, modifiedAt }) => sizeBytes === 36 && !Number.isNaN(Date.parse(modifiedAt))));
      for (const { location } of listed) await store.delete(location);
      assert.deepEqual(await store.list(), []);
    });
  });
}
