import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { noDiskSpace } from '@kumo/core/errors';
import { silentLogger } from '@kumo/core/log';
import { noSmallDisk, smallDisk } from '../../../core/src/testing/small-disk.ts';
import type { Conductor } from '../flows/flow-deps.ts';
import { imagePruning } from '../reconcilers/image-cache.ts';
import { type Glance, ImageCache } from './image-cache.ts';

const half = Buffer.alloc(512);
const hashOf = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');
const imageOf = (id: string, bytes: Buffer) => ({
  ...{ id, disk_format: 'raw', os_hash_algo: 'sha512', os_hash_value: hashOf(bytes) },
});
const scope = { signal: new AbortController().signal };

async function inDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'kumo-images-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a download that a crash cut short is removed, one that runs is not', () =>
  inDirectory(async (directory) => {
    const { promise: unfinished, resolve: finish } = Promise.withResolvers<void>();
    const glance = {
      showImage: async () => imageOf('running', half),
      downloadImage: async () =>
        Readable.from(
          (async function* () {
            yield half;
            await unfinished;
          })(),
        ),
    } as unknown as Glance;
    writeFileSync(join(directory, 'crashed.part-1'), 'half');
    const cache = new ImageCache(directory, glance);
    const download = cache.ensure('running', scope);
    const content = `sha512-${hashOf(half)}`;
    while (!readdirSync(directory).some((name) => name.startsWith(`${content}.part-`)))
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(await cache.entries(), []);
    assert.equal(readdirSync(directory).length, 1);
    finish();
    await download;
    assert.deepEqual(readdirSync(directory).toSorted(), [content, `${content}.of-running`]);
  }));

test('what an id stands for is asked each time; images of one content share a file, and one that fails does not fail the other', () =>
  inDirectory(async (directory) => {
    const shown = new Map([
      ['one', imageOf('one', half)],
      ['two', imageOf('two', half)],
    ]);
    const downloads: string[] = [];
    const glance = {
      showImage: async ({ params }: { params: { image_id: string } }) => shown.get(params.image_id),
      downloadImage: async ({ params }: { params: { image_id: string } }) => {
        downloads.push(params.image_id);
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (params.image_id === 'one') throw new Error('deleted meanwhile');
        return Readable.from([half]);
      },
    } as unknown as Glance;
    const cache = new ImageCache(directory, glance);
    const [one, two] = await Promise.allSettled([cache.ensure('one', scope), cache.ensure('two', scope)]);
    assert.deepEqual([one.status, two.status, downloads], ['rejected', 'fulfilled', ['one', 'two']]);
    assert.equal((await cache.ensure('one', scope)).baseFile, join(directory, `sha512-${hashOf(half)}`));
    const content = `sha512-${hashOf(half)}`;
    const entries = new Map((await cache.entries()).map(({ name, imageIds }) => [name, imageIds.toSorted()]));
    assert.deepEqual(
      entries,
      new Map([
        [content, ['one', 'two']],
        [`${content}.of-one`, ['one']],
        [`${content}.of-two`, ['two']],
      ]),
    );
    const others = Buffer.alloc(1024, 1);
    shown.set('two', imageOf('two', others));
    await assert.rejects(cache.ensure('two', scope), /do not match/);
    for (const unusable of [null, '../../etc/passwd', 'ABC']) {
      shown.set('two', { ...imageOf('two', half), os_hash_value: unusable as string });
      await assert.rejects(cache.ensure('two', scope), /no SHA-2 hash/);
    }
    shown.set('two', { ...imageOf('two', half), os_hash_algo: 'md5' });
    await assert.rejects(cache.ensure('two', scope), /no SHA-2 hash/);
    for (const name of entries.keys()) await cache.remove(name);
    assert.deepEqual(readdirSync(directory), []);
  }));

test('files that were named by image id belong to that image until it is not used any more', () =>
  inDirectory(async (directory) => {
    writeFileSync(join(directory, 'a0000000-0000-4000-8000-000000000001'), half);
    const cache = new ImageCache(directory, {} as Glance);
    const [entry] = await cache.entries();
    assert.deepEqual(entry!.imageIds, ['a0000000-0000-4000-8000-000000000001']);
    await cache.remove(entry!.name);
    assert.deepEqual(readdirSync(directory), []);
  }));

test('an image that would take the last room of the host is refused as such, and leaves nothing', {
  skip: noSmallDisk,
}, async () => {
  using disk = smallDisk(20);
  const directory = join(disk.path, 'images');
  mkdirSync(directory);
  const chunk = Buffer.alloc(64 << 10);
  let chunks = 0;
  const glance = {
    showImage: async () => imageOf('large', half),
    downloadImage: async () =>
      Readable.from(
        (function* () {
          for (; chunks < 10_000; chunks++) yield chunk;
        })(),
      ),
  } as unknown as Glance;
  const before = disk.freeBytes();
  await assert.rejects(new ImageCache(directory, glance).ensure('large', scope), noDiskSpace.is);
  // A tenth of a small file system stays free, but for what the stream holds.
  assert.ok(chunks * chunk.length < before - (2 << 20) + 4 * chunk.length, `${chunks} chunks were read`);
  assert.equal(disk.freeBytes(), before);
  assert.deepEqual(readdirSync(directory), []);
});

test('pruning keeps a content while one of its images is in use, and no notes of those that are not', () =>
  inDirectory(async (directory) => {
    const content = `sha512-${hashOf(half)}`;
    const names = [content, `${content}.of-used`, `${content}.of-unused`, 'sha512-ab', 'sha512-ab.of-gone'];
    for (const name of names) {
      writeFileSync(join(directory, name), '');
      utimesSync(join(directory, name), 1, 1);
    }
    writeFileSync(join(directory, 'sha512-cd'), '');
    const pruning = imagePruning({
      conductor: { listHostServers: async () => ({ servers: [], imageIds: ['used'] }) } as unknown as Conductor,
      images: new ImageCache(directory, {} as Glance),
      ...{ host: 'host', keepSeconds: 60, log: silentLogger },
    });
    pruning.start();
    try {
      const kept = [content, `${content}.of-used`, 'sha512-cd'];
      for (let look = 0; look < 200 && readdirSync(directory).length > kept.length; look++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual(readdirSync(directory).toSorted(), kept.toSorted());
    } finally {
      await pruning.stop();
    }
  }));
