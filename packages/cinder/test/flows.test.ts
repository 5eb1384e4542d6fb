import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { internalContext } from '@kumo/core/context';
import { openDatabase } from '@kumo/core/db';
import { flowLaws } from '@kumo/core/flow';
import { silentLogger } from '@kumo/core/log';
import { Value } from 'typebox/value';
import type { Images } from '../src/app/images.ts';
import { VolumeQuota } from '../src/app/quota.ts';
import { CinderConfig } from '../src/config.ts';
import { migrations } from '../src/db/migrations/index.ts';
import type { Schema } from '../src/db/schema.ts';
import { findSnapshot, insertSnapshot } from '../src/db/snapshots.ts';
import { findVolumeType } from '../src/db/volume-types.ts';
import { changeVolume, findVolume, insertVolume } from '../src/db/volumes.ts';
import { FakeVolumeDriver } from '../src/drivers/volume/index.ts';
import { KeyedLock } from '../src/drivers/volume/keyed-lock.ts';
import type { VolumeFlowDeps } from '../src/flows/deps.ts';
import { snapshotCreate } from '../src/flows/snapshot-create.ts';
import { snapshotDelete } from '../src/flows/snapshot-delete.ts';
import { volumeCreate } from '../src/flows/volume-create.ts';
import { volumeDelete } from '../src/flows/volume-delete.ts';
import { volumeExtend } from '../src/flows/volume-extend.ts';
import { volumeUpload } from '../src/flows/volume-upload.ts';

const config = Value.Parse(CinderConfig, Value.Default(CinderConfig, {})) as CinderConfig;
const noImages = new Proxy({}, { get: () => () => Promise.reject(new Error('no images in this test')) }) as Images;

/** A database with one volume of 1 GB, charged, on a back end; `stored` puts it into the driver too. */
async function world(status: string, stored: boolean) {
  const db = await openDatabase<Schema>({
    url: 'sqlite::memory:',
    service: 'cinder',
    from: 'test',
    migrations,
    log: silentLogger,
  });
  const quota = new VolumeQuota(db, config);
  const driver = new FakeVolumeDriver();
  const type = (await findVolumeType(db.q, '__DEFAULT__'))!;
  const volumeId = randomUUID();
  await db.transaction(async (tx) => {
    await quota.charge(tx, 'p', type, { volumes: 1, gigabytes: 1 });
    await insertVolume(
      tx,
      {
        id: volumeId,
        projectId: 'p',
        userId: 'u',
        name: null,
        description: null,
        sizeGb: 1,
        status,
        typeId: type.id,
        availabilityZone: 'nova',
        bootable: false,
        multiattach: false,
        readonly: false,
        sourceImageId: null,
        snapshotId: null,
        sourceVolumeId: null,
        imageMetadata: null,
        metadata: { a: 'b' },
      },
      internalContext('req-1'),
    );
    await changeVolume(tx, volumeId, {
      host: 'h@file#file',
      previousStatus: status === 'extending' ? 'available' : null,
    });
  });
  if (stored) await driver.create({ id: volumeId, sizeGb: 1 });
  const deps: VolumeFlowDeps = {
    db,
    driver,
    images: noImages,
    quota,
    lock: new KeyedLock(),
    scratchDirectory: '/nowhere',
  };
  return { deps, type, volumeId, gigabytes: async () => (await quota.usage('p', [])).gigabytes };
}

async function snapshotWorld(status: string, stored: boolean) {
  const base = await world('available', true);
  const { db, quota, driver } = base.deps;
  const snapshotId = randomUUID();
  await db.transaction(async (tx) => {
    await quota.charge(tx, 'p', base.type, { snapshots: 1, gigabytes: 1 });
    await insertSnapshot(tx, {
      id: snapshotId,
      volumeId: base.volumeId,
      projectId: 'p',
      userId: 'u',
      name: null,
      description: null,
      sizeGb: 1,
      status,
      metadata: {},
    });
  });
  if (stored) await driver.createSnapshot({ id: snapshotId, volumeId: base.volumeId });
  return { ...base, snapshotId };
}

const wrong = (found: unknown, wanted: readonly unknown[]) =>
  wanted.includes(found) ? [] : [`${String(found)} instead of ${wanted.join(' or ')}`];

test('volume.create obeys the laws', (t) =>
  flowLaws(
    t,
    volumeCreate,
    async () => {
      const made = await world('creating', false);
      return { ...made, input: { volumeId: made.volumeId } };
    },
    async ({ deps, volumeId }, ended) => [
      ...wrong((await findVolume(deps.db.q, volumeId))?.status, [ended === 'done' ? 'available' : 'error']),
      ...wrong((await deps.driver.list()).volumes.length, [ended === 'done' ? 1 : 0]),
    ],
  ));

test('volume.delete obeys the laws', (t) =>
  flowLaws(
    t,
    volumeDelete,
    async () => {
      const made = await snapshotWorld('deleting', true);
      await changeVolume(made.deps.db.q, made.volumeId, { status: 'deleting' });
      return { ...made, input: { volumeId: made.volumeId } };
    },
    async ({ deps, volumeId, gigabytes }, ended) => {
      const volume = await findVolume(deps.db.q, volumeId);
      if (ended === 'failed' && volume) return wrong(volume.status, ['error_deleting']);
      const { volumes, snapshots } = await deps.driver.list();
      return [
        ...wrong(volume, [undefined]),
        ...wrong(volumes.length + snapshots.length, [0]),
        ...wrong(await gigabytes(), [0]),
      ];
    },
  ));

test('volume.extend obeys the laws', (t) =>
  flowLaws(
    t,
    volumeExtend,
    async () => {
      const made = await world('extending', true);
      const { db, quota } = made.deps;
      await db.transaction((tx) => quota.charge(tx, 'p', made.type, { gigabytes: 2 }));
      return { ...made, input: { volumeId: made.volumeId, newSizeGb: 3 } };
    },
    async ({ deps, volumeId, gigabytes }, ended) => {
      const volume = await findVolume(deps.db.q, volumeId);
      const isGrown = volume?.sizeGb === 3;
      if (ended === 'done' || isGrown)
        return [...wrong(volume?.status, ['available']), ...wrong(isGrown, [true]), ...wrong(await gigabytes(), [3])];
      return [...wrong(volume?.status, ['error_extending']), ...wrong(await gigabytes(), [1])];
    },
  ));

test('snapshot.create obeys the laws', (t) =>
  flowLaws(
    t,
    snapshotCreate,
    async () => {
      const made = await snapshotWorld('creating', false);
      return { ...made, input: { snapshotId: made.snapshotId } };
    },
    async ({ deps, snapshotId }, ended) => [
      ...wrong((await findSnapshot(deps.db.q, snapshotId))?.status, [ended === 'done' ? 'available' : 'error']),
      ...wrong((await deps.driver.list()).snapshots.length, [ended === 'done' ? 1 : 0]),
    ],
  ));

test('snapshot.delete obeys the laws', (t) =>
  flowLaws(
    t,
    snapshotDelete,
    async () => {
      const made = await snapshotWorld('deleting', true);
      return { ...made, input: { snapshotId: made.snapshotId } };
    },
    async ({ deps, snapshotId, gigabytes }, ended) => {
      const snapshot = await findSnapshot(deps.db.q, snapshotId);
      if (ended === 'failed' && snapshot) return wrong(snapshot.status, ['error_deleting']);
      return [
        ...wrong(snapshot, [undefined]),
        ...wrong((await deps.driver.list()).snapshots.length, [0]),
        ...wrong(await gigabytes(), [1]),
      ];
    },
  ));

test('volume.upload obeys the laws', (t) =>
  flowLaws(
    t,
    volumeUpload,
    async () => {
      const made = await world('uploading', true);
      await changeVolume(made.deps.db.q, made.volumeId, { previousStatus: 'in-use' });
      const statuses = new Map([['image', 'queued']]);
      const images = {
        find: async (id: string) => ({ status: statuses.get(id) }),
        upload: async (id: string, data: Readable) => {
          data.destroy();
          statuses.set(id, 'active');
        },
        remove: async (id: string) => void statuses.delete(id),
      } as unknown as Images;
      return {
        ...made,
        deps: { ...made.deps, images },
        statuses,
        input: { volumeId: made.volumeId, imageId: 'image', diskFormat: 'raw' },
      };
    },
    async ({ deps, volumeId, statuses }, ended) => [
      ...wrong((await findVolume(deps.db.q, volumeId))?.status, ['in-use']),
      ...wrong(statuses.get('image'), [ended === 'done' ? 'active' : undefined]),
    ],
  ));
