import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { commitUnknown } from '@kumo/core/db';
import { FormatInspector } from '@kumo/core/imageformat';
import type { GlanceConfig } from '../config.ts';
import { findImage, type Image, type ImageData } from '../db/images.ts';
import { lockStoredBytes } from '../db/storage-use.ts';
import { abandonUpload, claimUpload, finishUpload, keepUpload } from '../db/uploads.ts';
import { type ByteRange, imageTooLarge } from '../drivers/store/index.ts';
import {
  formatsMissing,
  imageGone,
  imageNotFound,
  sizeMismatch,
  statusTransition,
  storageQuotaFull,
  uploadIdle,
  uploadSuperseded,
} from '../errors.ts';
import { inspected, whole } from './image-content.ts';
import type { ImagesDeps } from './images.ts';
import { type Charge, StorageQuota } from './storage-quota.ts';

/** Container formats whose data is the disk itself; what is inside of the others is not looked at. */
const bareContainers = ['bare', 'ami', 'aki', 'ari'];

/**
 * Data into and out of the store. Every upload has an id of its own, which is also its data's name in the store: two
 * uploads never touch the same data, whichever of them loses. While it runs it gives signs of life; one that stopped
 * is given up by the reconciler, and a later finish then finds that the image is no longer its own.
 */
export class ImageTransfers {
  readonly #deps: ImagesDeps;
  readonly #quota: StorageQuota;

  constructor(deps: ImagesDeps) {
    this.#deps = deps;
    this.#quota = new StorageQuota(deps);
  }

  /**
   * Stores the data and makes the image active. After any failure it is queued again and nothing is left in the store.
   *
   * @throws formatsMissing, statusTransition, imageTooLarge, storageQuotaFull, sizeMismatch, imageGone, or what inspection and store throw.
   */
  async upload(image: Image, data: Readable, announced: { sizeBytes?: number; exact?: boolean } = {}): Promise<void> {
    const { db, config, store } = this.#deps;
    const { id } = image;
    this.#checkFormats(image);
    const maxBytes = config.imageSizeCapBytes;
    if ((announced.sizeBytes ?? 0) > maxBytes) throw imageTooLarge({ maxBytes });
    const uploadId = randomUUID();
    if (!(await claimUpload(db.q, id, uploadId))) throw await this.#notQueued(id);
    const life = this.#signsOfLife(id, uploadId);
    let stored: ImageData | undefined;
    let charge: Charge | undefined;
    let isFinished = false;
    try {
      charge = await this.#quota.begin(image.owner, announced.sizeBytes ?? 0);
      const source = life.watch(charge.watch(whole(data)));
      stored = await this.#store(image, uploadId, source, { ...announced, signal: life.signal });
      isFinished = await this.#finish(image, uploadId, stored);
    } catch (error) {
      await this.#giveUp(id, uploadId, error, stored);
      throw error;
    } finally {
      charge?.end(isFinished);
      life.stop();
    }
    if (isFinished) return;
    if (stored.location !== null) await store.delete(stored.location);
    throw await this.#lost(id);
  }

  /** @throws imageDataNotFound when the store has lost it. */
  download(location: string, range?: ByteRange): Promise<Readable> {
    return this.#deps.store.get(location, range);
  }

  /** False when the upload was given up or its image deleted meanwhile. */
  async #finish({ id, owner }: Image, uploadId: string, stored: ImageData): Promise<boolean> {
    const { db, config } = this.#deps;
    const limitBytes = config.userStorageQuotaBytes;
    if (limitBytes < 0 || owner === null) return finishUpload(db.q, id, uploadId, stored);
    return db.transaction(async (tx) => {
      const moreBytes = stored.sizeBytes ?? 0;
      const leftBytes = limitBytes - (await lockStoredBytes(tx, db, owner));
      if (moreBytes > leftBytes) throw storageQuotaFull({ moreBytes, leftBytes: Math.max(0, leftBytes) });
      return finishUpload(tx, id, uploadId, stored);
    });
  }

  /** What cannot be made undone now (the database's disk may be full too), the reconcilers do. */
  async #giveUp(id: string, uploadId: string, cause: unknown, stored: ImageData | undefined): Promise<void> {
    // Nobody knows whether the image is active: its data must not go.
    if (commitUnknown.is(cause)) return;
    const { db, store, log } = this.#deps;
    try {
      if (stored?.location) await store.delete(stored.location);
      await abandonUpload(db.q, id, uploadId);
    } catch (error) {
      log.warn({ err: error, image: id }, 'an upload that failed could not be given up yet');
    }
  }

  async #store(
    image: Image,
    uploadId: string,
    source: AsyncIterable<Uint8Array>,
    options: { sizeBytes?: number; exact?: boolean; signal: AbortSignal },
  ): Promise<ImageData> {
    const { store, config } = this.#deps;
    const inspector = new FormatInspector();
    const isBare = bareContainers.includes(image.containerFormat ?? '');
    const checked = isBare ? inspected(source, inspector, { declared: image.diskFormat ?? '', config }) : source;
    const put = await store.put(uploadId, checked, {
      signal: options.signal,
      maxBytes: config.imageSizeCapBytes,
      expectedBytes: options.sizeBytes,
    });
    if (options.exact && options.sizeBytes !== put.sizeBytes) {
      await store.delete(put.location);
      throw sizeMismatch({ actual: put.sizeBytes, declared: options.sizeBytes });
    }
    return { ...put, virtualSizeBytes: isBare ? inspector.finish().virtualSizeBytes || null : null };
  }

  #checkFormats({ diskFormat, containerFormat }: Image): void {
    const names = [
      ...(diskFormat === null ? ['disk_format'] : []),
      ...(containerFormat === null ? ['container_format'] : []),
    ];
    if (names.length > 0) throw formatsMissing({ names: names.join(', ') });
  }

  async #notQueued(id: string): Promise<Error> {
    const image = await findImage(this.#deps.db.q, id);
    return image ? statusTransition({ from: image.status, to: 'saving' }) : imageNotFound({ id });
  }

  async #lost(id: string): Promise<Error> {
    return (await findImage(this.#deps.db.q, id)) ? uploadSuperseded({ id }) : imageGone({ id });
  }

  #signsOfLife(id: string, uploadId: string): SignsOfLife {
    const { db, config, log } = this.#deps;
    const abort = new AbortController();
    let lastByteAt = performance.now();
    const beat = async () => {
      try {
        const seconds = config.uploadIdleSeconds;
        if (performance.now() - lastByteAt > seconds * 1000) abort.abort(uploadIdle({ seconds }));
        if (!(await keepUpload(db.q, id, uploadId))) abort.abort(await this.#lost(id));
      } catch (error) {
        log.warn({ err: error, image: id }, 'an upload could not give a sign of life');
      }
    };
    const timer = setInterval(() => void beat(), beatMs(config));
    return {
      signal: abort.signal,
      stop: () => clearInterval(timer),
      async *watch(source) {
        for await (const chunk of source) {
          lastByteAt = performance.now();
          yield chunk;
        }
      },
    };
  }
}

interface SignsOfLife {
  /** Aborted when the upload was given up, its image deleted, or its client fell silent. */
  readonly signal: AbortSignal;
  stop(): void;
  watch(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** Several beats fit into the time after which an upload counts as lost, and into that of silence. */
function beatMs({ uploadLostAfterSeconds, uploadIdleSeconds }: GlanceConfig): number {
  return (Math.min(uploadLostAfterSeconds, uploadIdleSeconds) * 1000) / 6;
}
