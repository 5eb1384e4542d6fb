import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '@kumo/core/exec';
import { imageStoreConformance } from '../../src/drivers/store/conformance.ts';
import { FileStore, MemoryStore } from '../../src/drivers/store/index.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kumo-store-'));
});
after(() => rm(directory, { recursive: true, force: true }));

imageStoreConformance('memory', async () => new MemoryStore());
imageStoreConformance('file', () => FileStore.open(join(directory, randomUUID())));

async function* once(text: string) {
  yield Buffer.from(text);
}

test('no other user can read, list or change image files', async () => {
  const path = join(directory, 'private');
  const store = await FileStore.open(path);
  const { location } = await store.put(randomUUID(), once('data'));
  assert.equal((await stat(path)).mode & 0o027, 0);
  assert.equal((await stat(fileURLToPath(location))).mode & 0o137, 0);
});

test('an upload whose process is killed leaves no image, and its remains are removed', async () => {
  const path = join(directory, 'killed');
  const store = await FileStore.open(path);
  const module = join(import.meta.dirname, '../../src/drivers/store/index.ts');
  const script = `
    import { FileStore } from ${JSON.stringify(module)};
    const store = await FileStore.open(${JSON.stringify(path)});
    async function* data() { yield Buffer.alloc(1 << 20); yield Buffer.alloc(1); process.kill(process.pid, 'SIGKILL'); }
    await store.put(crypto.randomUUID(), data());`;
  await assert.rejects(run(process.execPath, ['--input-type=module', '-e', script]));
  assert.deepEqual(await store.list(), []);
  assert.equal((await readdir(path)).length, 1);
  assert.equal(await store.removeLeftovers(60_000), 0);
  assert.equal(await store.removeLeftovers(0), 1);
  assert.deepEqual(await readdir(path), []);
});
