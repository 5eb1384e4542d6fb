import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '@kumo/core/client';
import { assertDeclared, inspectFile } from '@kumo/core/imageformat';
import type { glanceApi } from '@kumo/glance/api';
import { imageCorrupt, imageFormatUnsupported } from '../errors.ts';

export type Glance = Client<Pick<typeof glanceApi, 'showImage' | 'downloadImage'>>;

export interface CachedImage {
  baseFile: string;
  format: 'qcow2' | 'raw';
  virtualSizeBytes: number;
}

interface Wanted {
  diskFormat: string;
  algorithm: string | null;
  hash: string | null;
}

const FORMATS: Readonly<Record<string, CachedImage['format']>> = {
  raw: 'raw',
  qcow2: 'qcow2',
  iso: 'raw',
  ami: 'raw',
};
/** Base images on this host, `<directory>/<image id>`: downloaded once, checked, never changed afterwards. */
export class ImageCache {
  readonly #directory: string;
  readonly #glance: Glance;
  readonly #running = new Map<string, Promise<CachedImage>>();
  /** Names of the downloads of this process; it is the only one that writes here. */
  readonly #parts = new Set<string>();

  constructor(directory: string, glance: Glance) {
    this.#directory = directory;
    this.#glance = glance;
  }

  /**
   * The image's file; however many ask, it is downloaded once. Glance is asked in any case whether the image still may be used.
   * @throws imageCorrupt, imageFormatUnsupported, what core/imageformat finds wrong, Glance's own errors.
   */
  ensure(imageId: string, signal: AbortSignal): Promise<CachedImage> {
    const running = this.#running.get(imageId);
    if (running) return unlessAborted(running, signal);
    // The download is everybody's: one server's end does not stop it for the others.
    const work = this.#ensure(imageId).finally(() => this.#running.delete(imageId));
    this.#running.set(imageId, work);
    return unlessAborted(work, signal);
  }

  /** What is there, with the time of its last use; downloads that a crash cut short are removed on the way. */
  async entries(): Promise<{ imageId: string; usedAtMs: number }[]> {
    const names = await readdir(this.#directory).catch(absentIsEmpty);
    const entries: { imageId: string; usedAtMs: number }[] = [];
    for (const name of names) {
      const file = join(this.#directory, name);
      if (!name.includes('.part-')) entries.push({ imageId: name, usedAtMs: (await stat(file)).mtimeMs });
      else if (!this.#parts.has(name)) await rm(file, { force: true });
    }
    return entries;
  }

  /** Makes an entry absent, unless it is just being made. */
  async remove(imageId: string): Promise<void> {
    if (!this.#running.has(imageId)) await rm(this.#file(imageId), { force: true });
  }

  async #ensure(imageId: string): Promise<CachedImage> {
    const image = await this.#glance.showImage({ params: { image_id: imageId } });
    const diskFormat = image.disk_format ?? '';
    const format = FORMATS[diskFormat];
    if (!format) throw imageFormatUnsupported({ image: imageId, format: diskFormat });
    const file = this.#file(imageId);
    if (!(await exists(file))) {
      const wanted = { diskFormat, algorithm: image.os_hash_algo, hash: image.os_hash_value };
      await this.#download(imageId, file, wanted);
    }
    const verdict = await inspectFile(file);
    assertDeclared(verdict, diskFormat);
    const now = new Date();
    await utimes(file, now, now);
    return { baseFile: file, format, virtualSizeBytes: verdict.virtualSizeBytes || (await stat(file)).size };
  }

  async #download(imageId: string, file: string, wanted: Wanted): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o711 });
    const partName = `${imageId}.part-${randomUUID()}`;
    const part = join(this.#directory, partName);
    this.#parts.add(partName);
    try {
      const body = await this.#glance.downloadImage({ params: { image_id: imageId } });
      await this.#write(imageId, body as Readable | Buffer, part, wanted);
      assertDeclared(await inspectFile(part), wanted.diskFormat);
      // Guests run as another user and only read it.
      await chmod(part, 0o644);
      await rename(part, file);
    } finally {
      await rm(part, { force: true });
      this.#parts.delete(partName);
    }
  }

  async #write(imageId: string, body: Readable | Buffer, part: string, { algorithm, hash }: Wanted): Promise<void> {
    const digest = hash === null ? undefined : createHash(algorithm ?? 'sha512');
    const source = Buffer.isBuffer(body) ? [body] : body;
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          digest?.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(part, { mode: 0o600 }),
    );
    if (digest && digest.digest('hex') !== hash) throw imageCorrupt({ image: imageId });
  }

  #file(imageId: string): string {
    if (!/^[0-9a-zA-Z-]{1,64}$/.test(imageId)) throw imageFormatUnsupported({ image: imageId, format: 'unknown' });
    return join(this.#directory, imageId);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

function absentIsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
