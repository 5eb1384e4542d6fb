import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { type Glance, ImageCache } from './image-cache.ts';

test('a download that a crash cut short is removed, one that runs is not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kumo-images-'));
  try {
    const { promise: unfinished, resolve: finish } = Promise.withResolvers<void>();
    const glance = {
      showImage: async () => ({ disk_format: 'raw', os_hash_algo: null, os_hash_value: null }),
      downloadImage: async () =>
        Readable.from(
          (async function* () {
            yield Buffer.alloc(512);
            await unfinished;
          })(),
        ),
    } as unknown as Glance;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'crashed.part-1'), 'half');
    const cache = new ImageCache(directory, glance);
    const download = cache.ensure('running', new AbortController().signal);
    while (!readdirSync(directory).some((name) => name.startsWith('running.part-')))
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(await cache.entries(), []);
    assert.equal(readdirSync(directory).length, 1);
    assert.match(readdirSync(directory)[0]!, /^running\.part-/);
    finish();
    await download;
    assert.deepEqual(readdirSync(directory), ['running']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
