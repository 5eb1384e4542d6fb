import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withThrowAwayIds } from '@kumo/core/confine';
import { flow } from '@kumo/core/flow';
import { qemuImg } from '@kumo/core/imageformat';
import { openReadStream, owned } from '@kumo/core/stream';
import type { ImageScope } from '../app/images.ts';
import { insertMessage } from '../db/messages.ts';
import { changeVolume, lockVolume } from '../db/volumes.ts';
import type { VolumeFlowDeps } from './deps.ts';

export interface UploadInput {
  volumeId: string;
  imageId: string;
  diskFormat: string;
}

/** qemu-img's names of the formats whose names in Glance are others. */
const QEMU_FORMATS: Readonly<Record<string, string>> = { vhd: 'vpc' };

/** Fills an image, which was made before, with a volume's data. Failed, the image is gone and the volume as before. */
export const volumeUpload = flow<VolumeFlowDeps, UploadInput>('volume.upload', 1)
  .step('uploaded', {
    timeoutMs: 3_600_000,
    run: async (deps, { volumeId, imageId, diskFormat }, _, { signal, ctx }) => {
      const { images, driver } = deps;
      if ((await images.find(imageId, ctx)).status === 'active') return;
      using raw = owned(await driver.copyToImage(volumeId, signal));
      if (diskFormat === 'raw') await images.upload(imageId, raw.stream, { signal, ctx });
      else await converted(deps, { imageId, diskFormat, raw: raw.stream, signal, ctx });
    },
    undo: ({ images }, { imageId }) => images.remove(imageId),
  })
  .step('restored', { run: ({ db }, { volumeId }) => restore(db, volumeId) })
  .onFailed(async ({ db }, { volumeId }, failure, { ctx }) => {
    await restore(db, volumeId);
    await db.transaction(async (tx) => {
      const volume = await lockVolume(tx, db, volumeId);
      if (!volume) return;
      await insertMessage(tx, {
        projectId: volume.projectId,
        eventId: 'VOLUME_VOLUME_003_004',
        text: `copy volume to image:${failure.message}`,
        requestId: ctx?.requestId,
        resourceType: 'VOLUME',
        resourceId: volumeId,
      });
    });
  });

function restore(db: VolumeFlowDeps['db'], volumeId: string): Promise<void> {
  return db.transaction(async (tx) => {
    const volume = await lockVolume(tx, db, volumeId);
    if (volume?.status === 'uploading')
      await changeVolume(tx, volumeId, { status: volume.previousStatus ?? 'available', previousStatus: null });
  });
}

async function converted(
  { images, scratchDirectory }: VolumeFlowDeps,
  { imageId, diskFormat, raw, signal, ctx }: { imageId: string; diskFormat: string; raw: Readable } & ImageScope,
): Promise<void> {
  // An id that owns nothing but the two files passes through to them.
  await mkdir(scratchDirectory, { recursive: true, mode: 0o711 });
  await chmod(scratchDirectory, 0o711);
  const from = join(scratchDirectory, `${imageId}.raw`);
  const to = join(scratchDirectory, `${imageId}.${diskFormat}`);
  try {
    await pipeline(raw, createWriteStream(from, { mode: 0o600 }), { signal });
    await writeFile(to, '', { mode: 0o600 });
    await withThrowAwayIds([from, to], (as) =>
      qemuImg(['convert', '-f', 'raw', '-O', QEMU_FORMATS[diskFormat] ?? diskFormat, from, to], {
        as,
        signal,
        timeoutMs: 3_600_000,
        cpuSeconds: 3_600,
        from: 'cinder-volume',
      }),
    );
    using image = owned(await openReadStream(to, { signal }));
    await images.upload(imageId, image.stream, { signal, ctx });
  } finally {
    await rm(from, { force: true });
    await rm(to, { force: true });
  }
}
