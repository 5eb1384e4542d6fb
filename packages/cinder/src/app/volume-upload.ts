import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { flows } from '@kumo/core/flow';
import type { Logger } from '@kumo/core/log';
import type { RpcClient } from '@kumo/core/rpc';
import type { CinderDb } from '../db/schema.ts';
import { changeVolume, findVolume, lockVolume, type Volume } from '../db/volumes.ts';
import { invalidVolume, volumeNotFound } from '../errors.ts';
import { type UploadInput, volumeUpload } from '../flows/volume-upload.ts';
import type { volumeRpc } from '../rpc/volume.ts';
import type { Images, NewImage } from './images.ts';
import { backendOf } from './placement.ts';

/** Makes images of volumes. */
export class VolumeUpload {
  readonly #db: CinderDb;
  readonly #images: Images;
  readonly #backends: RpcClient<typeof volumeRpc.methods>;
  readonly #log: Logger;

  constructor(parts: { db: CinderDb; images: Images; backends: RpcClient<typeof volumeRpc.methods>; log: Logger }) {
    this.#db = parts.db;
    this.#images = parts.images;
    this.#backends = parts.backends;
    this.#log = parts.log;
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
    const volume = await this.#begin(ctx, { volumeId, imageId, diskFormat: wanted.diskFormat }, check).catch(
      async (error: unknown) => {
        await this.#images.remove(imageId);
        throw error;
      },
    );
    await this.#backends
      .runFlows({}, { server: backendOf(volume), ctx })
      .catch((error) =>
        this.#log.warn({ err: error, volumeId }, 'the back end was not told of a flow; it will find it'),
      );
    return imageId;
  }

  #begin(ctx: Context, input: UploadInput, check: (status: string) => void): Promise<Volume> {
    const { volumeId } = input;
    return this.#db.transaction(async (tx) => {
      const found = await lockVolume(tx, this.#db, volumeId);
      if (!found) throw volumeNotFound({ id: volumeId });
      check(found.status);
      await changeVolume(tx, volumeId, { status: 'uploading', previousStatus: found.status });
      await flows.start(tx, volumeUpload, input, { key: volumeId, holder: backendOf(found), ctx });
      return found;
    });
  }
}
