import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cinderScheduler } from '../src/daemons/cinder-scheduler.ts';
import { cinderVolume } from '../src/daemons/cinder-volume.ts';
import { openCinderDatabase } from '../src/db/open.ts';
import { removeVolume } from '../src/db/volumes.ts';
import { FakeVolumeDriver, FileDriver } from '../src/drivers/volume/index.ts';
import { FileHarnesses, qemuIo } from './drivers/file-harness.ts';
import { Harness } from './harness.ts';

test('a volume waits for its back end, and goes on where the back end was stopped', async () => {
  const driver = new FakeVolumeDriver({ delayMs: (method) => (method === 'create' ? 400 : 0) });
  const h = await Harness.start({ driver, noBackend: true });
  try {
    const made = await h.call('POST', '/v3/volumes', { body: { volume: { size: 1 } } });
    const path = `/v3/volumes/${made.body.volume.id}`;
    const first = await cinderVolume(h.env, h.config, driver);
    await first.start();
    for (
      let at = 0;
      (await h.call('GET', path, { token: 'admin' })).body.volume['os-vol-host-attr:host'] === null;
      at++
    ) {
      assert.ok(at < 200, 'never placed');
      await sleep(20);
    }
    await first.stop();
    const second = await cinderVolume(h.env, h.config, driver);
    h.daemons.push(second);
    await second.start();
    await h.until(path, 'volume', 'available');
    assert.equal((await driver.list()).volumes.length, 1);
  } finally {
    await h.stop();
  }
});

test('an image is read as the user who asked for the volume, however late and by whichever process', async () => {
  const h = await Harness.start({ noBackend: true });
  try {
    const imageRef = h.glance.add(Buffer.alloc(1 << 20, 7));
    const made = await h.call('POST', '/v3/volumes', { body: { volume: { size: 1, imageRef } } });
    const path = `/v3/volumes/${made.body.volume.id}`;
    const [, scheduler] = h.daemons;
    await scheduler!.stop();
    const [again, backend] = [await cinderScheduler(h.env, h.config), await cinderVolume(h.env, h.config, h.driver)];
    h.daemons = [h.daemons[0]!, again, backend];
    await backend.start();
    await again.start();
    await h.until(path, 'volume', 'available');
    assert.deepEqual([...new Set(h.glance.asked.map(([, user]) => user))], ['member-user']);
    assert.deepEqual(new Set(h.glance.asked.map(([operation]) => operation)), new Set(['showImage', 'downloadImage']));
  } finally {
    await h.stop();
  }
});

test('a mere reservation is taken back while the back end is away', async () => {
  const h = await Harness.start();
  try {
    const volume = await h.volume();
    const body = { attachment: { volume_uuid: volume, instance_uuid: randomUUID() } };
    const { id } = (await h.call('POST', '/v3/attachments', { token: 'service', body })).body.attachment;
    await h.daemons.pop()!.stop();
    const answer = await h.app.inject({
      method: 'DELETE',
      url: `/v3/attachments/${id}`,
      headers: { 'x-auth-token': 'service', 'openstack-api-version': 'volume 3.71' },
    });
    assert.equal(answer.statusCode, 200);
    assert.equal((await h.call('GET', `/v3/volumes/${volume}`)).body.volume.status, 'available');
  } finally {
    await h.stop();
  }
});

test('stray connections and data of deleted volumes are removed; unknown data is left alone', async () => {
  const driver = new FakeVolumeDriver();
  const h = await Harness.start({ driver, config: { reconcileIntervalMs: 100 } });
  try {
    const volume = await h.volume();
    const deleted = await h.volume();
    const unknown = randomUUID();
    await driver.create({ id: unknown, sizeGb: 1 });
    await driver.initializeConnection(volume, { host: 'gone' });
    const db = await openCinderDatabase(h.env, 'test');
    await db.transaction((tx) => removeVolume(tx, deleted));
    await db.close();
    const state = async () =>
      (await driver.list()).volumes.map(({ id, connectedHosts }) => `${id}:${connectedHosts}`).sort();
    const wanted = [`${unknown}:`, `${volume}:`].sort();
    for (let at = 0; at < 100 && String(await state()) !== String(wanted); at++) await sleep(30);
    assert.deepEqual(await state(), wanted);
  } finally {
    await h.stop();
  }
});

test('on real files: bytes travel through snapshot and clone, and nothing is left', async () => {
  const files = new FileHarnesses();
  const { driver, config } = await files.make({ host: 'test-host' });
  const h = await Harness.start({ driver });
  try {
    const volume = await h.volume();
    const attach = async (id: string) => {
      const body = { attachment: { volume_uuid: id, instance_uuid: randomUUID(), connector: { host: 'test-host' } } };
      const { attachment } = (await h.call('POST', '/v3/attachments', { token: 'service', body })).body;
      await h.call('POST', `/v3/attachments/${attachment.id}/action`, {
        token: 'service',
        body: { 'os-complete': {} },
      });
      const { driver_volume_type, ...data } = attachment.connection_info;
      return { id: attachment.id, connection: { driver_volume_type, data } };
    };
    const first = await attach(volume);
    assert.ok(first.connection.data.socket_path);
    await qemuIo(first.connection, 'write -P 77 8192 4096');
    const snapshot = (await h.call('POST', '/v3/snapshots', { body: { snapshot: { volume_id: volume } } })).body
      .snapshot.id;
    await h.until(`/v3/snapshots/${snapshot}`, 'snapshot', 'available', 30_000);
    const clone = await h.volume({ size: 2, snapshot_id: snapshot });
    const second = await attach(clone);
    assert.match(await qemuIo(second.connection, 'read -P 77 8192 4096'), /read 4096/);
    for (const { id } of [first, second])
      assert.equal((await h.call('DELETE', `/v3/attachments/${id}`, { token: 'service' })).status, 200);
    for (const id of [clone, volume]) {
      assert.equal((await h.call('DELETE', `/v3/volumes/${id}?cascade=true`)).status, 202);
      await h.until(`/v3/volumes/${id}`, 'volume', 'gone', 30_000);
    }
    for (const directory of ['volumes', 'snapshots', 'copies', 'exports', 'run'])
      assert.deepEqual(await readdir(join(config.stateDirectory, directory)), [], directory);
    assert.ok(driver instanceof FileDriver);
  } finally {
    await h.stop();
    await files.close();
  }
});
