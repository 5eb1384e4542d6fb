import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, client, inProcess, socket } from '@kumo/core/client';
import { openDatabase, toIso } from '@kumo/core/db';
import { KumoError } from '@kumo/core/errors';
import { listen } from '@kumo/core/http';
import { silentLogger } from '@kumo/core/log';
import Value from 'typebox/value';
import { glanceApi as operations } from '../src/api/index.ts';
import { GlanceConfig } from '../src/config.ts';
import { initial } from '../src/db/migrations/0001-initial.ts';
import type { GlanceTables } from '../src/db/schema.ts';
import { FileStore } from '../src/drivers/store/index.ts';
import { lostUploadsReconciler } from '../src/reconcilers/lost-uploads.ts';
import { orphanDataReconciler } from '../src/reconcilers/orphan-data.ts';
import { type Glance, startGlance } from './harness.ts';

const fails = (kind: string) => (error: unknown) => error instanceof KumoError && error.kind === kind;

describe('uploads over a socket, through the typed client', () => {
  let glance: Glance;
  let api: Client<typeof operations>;
  let url: URL;
  const files = () => readdir(join(glance.env.stateDir, 'glance', 'images'));
  const newImage = () => api.createImage({ body: { disk_format: 'raw', container_format: 'bare' } });
  const statusOf = async (image_id: string) => (await api.showImage({ params: { image_id } })).status;
  /** An upload of which a part has arrived. */
  const begin = async (image_id: string) => {
    const body = new PassThrough();
    const done = api.uploadImage({ params: { image_id }, body });
    done.catch(() => {});
    body.write(Buffer.alloc(1000));
    while ((await statusOf(image_id)) !== 'saving') await sleep(5);
    return { body, done };
  };

  before(async () => {
    glance = await startGlance();
    url = new URL(String(await listen(glance.daemon.app!, { host: '127.0.0.1', port: 0 })));
    api = client(operations, socket(url.origin), { from: 'test', to: 'glance-api', token: async () => 'member' });
  });
  after(() => glance.stop());

  test('a stream goes up and comes down', async () => {
    const { id } = await newImage();
    const { body, done } = await begin(id);
    assert.equal((await api.downloadImage.raw({ params: { image_id: id } })).status, 204);
    body.end(Buffer.from('end'));
    await done;
    assert.equal((await buffer(await api.downloadImage({ params: { image_id: id } }))).length, 1003);
    const part = await api.downloadImage.raw({ params: { image_id: id }, headers: { range: 'bytes=1000-' } });
    assert.equal(part.status, 206);
    assert.equal(String(await buffer(part.body)), 'end');
  });

  test('the same in one process', async () => {
    const here = client(
      operations,
      inProcess(() => glance.daemon.app),
      {
        from: 'test',
        to: 'glance-api',
        token: async () => 'member',
      },
    );
    const { id } = await here.createImage({ body: { disk_format: 'raw', container_format: 'bare' } });
    await here.uploadImage({ params: { image_id: id }, body: Buffer.from('near') });
    assert.equal(String(await buffer(await here.downloadImage({ params: { image_id: id } }))), 'near');
    const patch = [{ op: 'add', path: '/hw_qemu_guest_agent', value: 'yes' }];
    assert.equal((await here.updateImage({ params: { image_id: id }, body: patch })).hw_qemu_guest_agent, 'yes');
  });

  test('a second upload of an image that is being saved is a conflict', async () => {
    const { id } = await newImage();
    const { body, done } = await begin(id);
    await assert.rejects(api.uploadImage({ params: { image_id: id }, body: Buffer.from('b') }), fails('conflict'));
    body.end();
    await done;
    assert.equal((await api.showImage({ params: { image_id: id } })).size, 1000);
  });

  test('of uploads at once one wins', async () => {
    const { id } = await newImage();
    const tries = ['a', 'b', 'c', 'd'].map((text) => api.uploadImage({ params: { image_id: id }, body: text }));
    const results = await Promise.allSettled(tries);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(await statusOf(id), 'active');
  });

  test('an image that is deleted while its data arrives: gone, and nothing is left', async () => {
    const { id } = await newImage();
    const kept = await files();
    const { body, done } = await begin(id);
    await api.deleteImage({ params: { image_id: id } });
    body.end();
    await assert.rejects(done, fails('gone'));
    assert.deepEqual(
      await files(),
      kept.filter((name) => !name.startsWith('.')),
    );
  });

  test('a client that goes away half-way: queued again, nothing is left', async () => {
    const { id } = await newImage();
    const kept = await files();
    const { body, done } = await begin(id);
    body.destroy(new Error('the client dies'));
    await assert.rejects(done);
    while ((await statusOf(id)) !== 'queued') await sleep(5);
    assert.deepEqual(await files(), kept);
    await api.uploadImage({ params: { image_id: id }, body: Buffer.from('again') });
    assert.equal(await statusOf(id), 'active');
  });
});

describe('a silent client', () => {
  test('an upload of which nothing arrives any more is ended', async () => {
    const glance = await startGlance({ config: { uploadIdleSeconds: 1 } });
    const url = new URL(String(await listen(glance.daemon.app!, { host: '127.0.0.1', port: 0 })));
    const api = client(operations, socket(url.origin), { from: 'test', to: 'glance-api', token: async () => 'member' });
    const { id } = await api.createImage({ body: { disk_format: 'raw', container_format: 'bare' } });
    const body = new PassThrough();
    body.write('x');
    await assert.rejects(api.uploadImage({ params: { image_id: id }, body }), fails('badRequest'));
    assert.equal((await api.showImage({ params: { image_id: id } })).status, 'queued');
    body.destroy();
    await glance.stop();
  });
});

describe('after a crash', () => {
  test('lost uploads are queued again, data without an image goes, everything else stays', async () => {
    const glance = await startGlance();
    const dir = join(glance.env.stateDir, 'glance', 'images');
    const db = await openDatabase<GlanceTables>({
      url: `sqlite:${join(glance.env.stateDir, 'crashed.db')}`,
      service: 'glance',
      from: 'test',
      migrations: [initial],
      log: silentLogger,
    });
    const store = await FileStore.open(dir);
    const deps = { db, store, log: silentLogger, config: Value.Parse(GlanceConfig, Value.Default(GlanceConfig, {})) };
    const row = (status: string, upload_id: string | null, seenMs: number, location: string | null = null) => ({
      ...{ id: randomUUID(), name: null, status, visibility: 'private', protected: 0, os_hidden: 0, owner: 'p' },
      ...{ container_format: 'bare', disk_format: 'raw', size: null, virtual_size: null, checksum: null, location },
      ...{ os_hash_algo: null, os_hash_value: null, min_disk: 0, min_ram: 0, upload_id },
      ...{ upload_seen_at: toIso(Date.now() - seenMs), created_at: toIso(0), updated_at: toIso(0) },
    });
    const owned = await store.put(randomUUID(), [Buffer.from('owned')] as never);
    const orphan = await store.put(randomUUID(), [Buffer.from('orphan')] as never);
    const young = await store.put(randomUUID(), [Buffer.from('young')] as never);
    const dead = row('saving', randomUUID(), 100_000);
    const alive = row('saving', randomUUID(), 1000);
    await writeFile(join(dir, alive.upload_id!), 'just stored, not yet said');
    const hourAgo = Date.now() / 1000 - 7200;
    for (const name of [owned.location, orphan.location, `file://${dir}/${alive.upload_id}`])
      await utimes(new URL(name), hourAgo, hourAgo);
    await db.q
      .insertInto('images')
      .values([dead, alive, row('active', null, 0, owned.location)])
      .execute();

    for (const one of [lostUploadsReconciler(deps), orphanDataReconciler(deps)]) {
      one.start();
      await one.idle();
      await one.stop();
    }
    const rows = await db.q.selectFrom('images').select(['id', 'status', 'upload_id']).execute();
    const after = Object.fromEntries(rows.map(({ id, status, upload_id }) => [id, [status, upload_id]]));
    assert.deepEqual(after[dead.id], ['queued', null]);
    assert.deepEqual(after[alive.id], ['saving', alive.upload_id]);
    const kept = [owned.location, young.location].map((location) => location.split('/').at(-1));
    assert.deepEqual((await readdir(dir)).sort(), [...kept, alive.upload_id].sort());
    await db.close();
    await glance.stop();
  });
});
