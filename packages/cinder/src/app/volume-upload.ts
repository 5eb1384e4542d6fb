import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { flows } from '@kumo/core/flow';
import type { RpcClient } from '@kumo/core/rpc';
import type { CinderDb } from '../db/schema.ts';
import { changeVolume, findVolume, lockVolume } from '../db/volumes.ts';
import { invalidVolume, volumeNotFound } from '../errors.ts';
import { type UploadInput, volumeUpload } from '../flows/volume-upload.ts';
import type { volumeRpc } from '../rpc/volume.ts';
import { nudgeBackend } from './backend-nudge.ts';
import type { Images, NewImage } from './images.ts';
import { backendOf } from './placement.ts';

/** Makes images of volumes. */
export class VolumeUpload {
  readonly #db: CinderDb;
  readonly #images: Images;
  readonly #backends: RpcClient<typeof volumeRpc.methods>;

  constructor(parts: { db: CinderDb; images: Images; backends: RpcClient<typeof volumeRpc.methods> }) {
    this.#db = parts.db;
    this.#images = parts.images;
    this.#backends = parts.backends;
  }

  /**
   * Makes an image for the user and begins to fill it.
   *
   * @returns the image's id.
   * @throws invalidVolume unless the volume is available, or in use with `force`.
   */
  async begin(
    ctx: Context,
    volumeId: string,
    wanted: Omit<NewImage, 'id' | 'properties'> & { force: boolean },
  ): Promise<string> {
    const imageId = randomUUID();
    const { force, ...image } = wanted;
    const allowed = force ? ['available', 'in-use'] : ['available'];
    const check = (status: string) => {
      if (!allowed.includes(status))
        throw invalidVolume({
          reason: `Volume ${volumeId} status must be ${allowed.join(' or ')}, but current status is: ${status}.`,
        });
    };
    const present = await findVolume(this.#db.q, volumeId);
    if (!present) throw volumeNotFound({ id: volumeId });
    check(present.status);
    await this.#images.create(ctx, { ...image, id: imageId, properties: {} });
    await this.#begin(ctx, { volumeId, imageId, diskFormat: wanted.diskFormat }, check).catch(
      async (error: unknown) => {
        await this.#images.remove(imageId);
        throw error;
      },
    );
    return imageId;
  }

  #begin(ctx: Context, input: UploadInput, check: (status: string) => void): Promise<void> {
    const { volumeId } = input;
    return this.#db.transaction(async (tx) => {
      const found = await lockVolume(tx, this.#db, volumeId);
      if (!found) throw volumeNotFound({ id: volumeId });
      check(found.status);
      await changeVolume(tx, volumeId, { status: 'uploading', previousStatus: found.status });
      const holder = backendOf(found);
      await flows.start(tx, volumeUpload, input, { key: volumeId, holder, ctx });
      nudgeBackend(tx, this.#backends, holder, ctx);
    });
  }
}
