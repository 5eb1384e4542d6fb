import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { FormatInspector } from '@kumo/core/imageformat';
import type { GlanceConfig } from '../config.ts';
import { findImage, type Image, type ImageData } from '../db/images.ts';
import { abandonUpload, claimUpload, finishUpload, keepUpload } from '../db/uploads.ts';
import { type ByteRange, imageTooLarge } from '../drivers/store/index.ts';
import {
  formatsMissing,
  imageGone,
  imageNotFound,
  sizeMismatch,
  statusTransition,
  uploadIdle,
  uploadSuperseded,
} from '../errors.ts';
import { inspected, whole } from './image-content.ts';
import type { ImagesDeps } from './images.ts';

/** Container formats whose data is the disk itself; what is inside of the others is not looked at. */
const bareContainers = ['bare', 'ami', 'aki', 'ari'];

/**
 * Data into and out of the store. Every upload has an id of its own, which is also its data's name in the store: two
 * uploads never touch the same data, whichever of them loses. While it runs it gives signs of life; one that stopped
 * is given up by the reconciler, and a later finish then finds that the image is no longer its own.
 */
export class ImageTransfers {
  readonly #deps: ImagesDeps;

  constructor(deps: ImagesDeps) {
    this.#deps = deps;
  }

  /**
   * Stores the data and makes the image active. After any failure it is queued again and nothing is left in the store.
   *
   * @throws formatsMissing, statusTransition, imageTooLarge, sizeMismatch, imageGone, or what inspection and store throw.
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
    let stored: ImageData;
    try {
      stored = await this.#store(image, uploadId, life.watch(whole(data)), { ...announced, signal: life.signal });
    } catch (error) {
      await abandonUpload(db.q, id, uploadId);
      throw error;
    } finally {
      life.stop();
    }
    if (await finishUpload(db.q, id, uploadId, stored)) return;
    if (stored.location !== null) await store.delete(stored.location);
    throw await this.#lost(id);
  }

  /** @throws imageDataNotFound when the store has lost it. */
  download(location: string, range?: ByteRange): Promise<Readable> {
    return this.#deps.store.get(location, range);
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
    const put = await store.put(uploadId, checked, { signal: options.signal, maxBytes: config.imageSizeCapBytes });
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
