import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '@kumo/core/client';
import { DiskRoom } from '@kumo/core/diskroom';
import { noDiskSpace } from '@kumo/core/errors';
import { assertDeclared, inspectFile } from '@kumo/core/imageformat';
import { owned } from '@kumo/core/stream';
import type { glanceApi } from '@kumo/glance/api';
import { imageCorrupt, imageFormatUnsupported, imageWithoutHash } from '../errors.ts';
import { asUser, type CallScope } from './call-scope.ts';

export type Glance = Client<Pick<typeof glanceApi, 'showImage' | 'downloadImage'>>;

export interface CachedImage {
  baseFile: string;
  format: 'qcow2' | 'raw';
  virtualSizeBytes: number;
}

export interface CacheEntry {
  /** Of its file. */
  name: string;
  imageIds: string[];
  /** Of its last use. */
  usedAtMs: number;
}

interface Wanted {
  imageId: string;
  diskFormat: string;
  algorithm: string;
  hash: string;
}

const FORMATS: Readonly<Record<string, CachedImage['format']>> = {
  raw: 'raw',
  qcow2: 'qcow2',
  iso: 'raw',
  ami: 'raw',
};
/** What copies of images leave free on this host, for guests and what else runs here. */
const RESERVE = { reservePercent: 1, reserveBytes: 2 ** 30 };
/** What nobody can make a second content for. */
const ALGORITHMS = new Set(['sha256', 'sha384', 'sha512']);
/** `<algorithm>-<hash>`, the content; `.of-<image id>` after it, a note that the image has it. */
const CONTENT = /^(?<content>sha\d{3}-[0-9a-f]+)(?:\.of-(?<imageId>[0-9A-Za-z-]{1,64}))?$/;

/**
 * Base images on this host: downloaded once, checked, never changed afterwards. A file is named after its content, so that
 * what an image's id stands for is Glance's to say, each time, to the user who asks.
 */
export class ImageCache {
  readonly #directory: string;
  readonly #glance: Glance;
  readonly #room: DiskRoom;
  /** Downloads and conversions under way, by the hash of their content. */
  readonly #running = new Map<string, { imageId: string; work: Promise<void> }>();
  /** Names of the downloads of this process; it is the only one that writes here. */
  readonly #parts = new Set<string>();

  constructor(directory: string, glance: Glance) {
    this.#directory = directory;
    this.#glance = glance;
    this.#room = new DiskRoom({ directory, ...RESERVE });
  }

  /**
   * The image's file, for the user of `scope.ctx`: Glance decides each time whether he may have the image, and says by its
   * hash which content that is. However many ask, a content is downloaded once.
   * @throws imageCorrupt, imageFormatUnsupported, imageWithoutHash, noDiskSpace, what core/imageformat finds wrong, Glance's own errors.
   */
  async ensure(imageId: string, scope: CallScope & { signal: AbortSignal }): Promise<CachedImage> {
    const { signal } = scope;
    const image = await this.#glance.showImage({ params: { image_id: imageId }, ...asUser(scope) });
    const { disk_format, os_hash_algo: algorithm, os_hash_value: hash } = image;
    const note = `${algorithm}-${hash}.of-${image.id}`;
    const diskFormat = disk_format ?? '';
    const format = FORMATS[diskFormat];
    if (!format) throw imageFormatUnsupported({ image: imageId, format: diskFormat });
    if (!algorithm || !hash || !ALGORITHMS.has(algorithm) || !CONTENT.test(note))
      throw imageWithoutHash({ image: imageId });
    const content = `${algorithm}-${hash}`;
    const file = this.#file(content);
    while (!(await exists(file))) {
      const running =
        this.#running.get(content) ?? this.#begin(content, { imageId, diskFormat, algorithm, hash }, scope);
      // Another image of this content may fail where this one does not.
      await unlessAborted(running.work, signal).catch((error) => {
        if (signal.aborted || running.imageId === imageId) throw error;
      });
    }
    await writeFile(this.#file(note), '');
    const verdict = await inspectFile(file);
    assertDeclared(verdict, diskFormat);
    const now = new Date();
    await utimes(file, now, now);
    return { baseFile: file, format, virtualSizeBytes: verdict.virtualSizeBytes || (await stat(file)).size };
  }

  /**
   * What is there, by file: whole contents with the images that they were used for, and the notes that say so. Files of a
   * Kumo that named them by image id count as content of that image. Downloads that a crash cut short are removed on the way.
   */
  async entries(): Promise<CacheEntry[]> {
    const names = await readdir(this.#directory).catch(absentIsEmpty);
    const entries: CacheEntry[] = [];
    const imageIds = new Map<string, string[]>();
    for (const name of names) {
      if (name.includes('.part-')) {
        if (!this.#parts.has(name)) await rm(this.#file(name), { force: true });
        continue;
      }
      const { content = name, imageId } = CONTENT.exec(name)?.groups ?? { imageId: name };
      if (imageId !== undefined) imageIds.set(content, [...(imageIds.get(content) ?? []), imageId]);
      const { mtimeMs } = await stat(this.#file(name));
      entries.push({ name, imageIds: imageId === undefined ? [] : [imageId], usedAtMs: mtimeMs });
    }
    return entries.map((entry) => ({ ...entry, imageIds: imageIds.get(entry.name) ?? entry.imageIds }));
  }

  /** Makes an entry absent, unless it is just being made. */
  async remove(name: string): Promise<void> {
    if (!this.#running.has(name)) await rm(this.#file(name), { force: true });
  }

  /** The download is everybody's: one server's end does not stop it for the others. */
  #begin(content: string, wanted: Wanted, { ctx }: CallScope) {
    const work = this.#download(content, wanted, { ctx }).finally(() => this.#running.delete(content));
    // Those who wait are told; there may be none left.
    work.catch(() => {});
    const running = { imageId: wanted.imageId, work };
    this.#running.set(content, running);
    return running;
  }

  async #download(content: string, wanted: Wanted, scope: CallScope): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const partName = `${content}.part-${randomUUID()}`;
    const part = this.#file(partName);
    this.#parts.add(partName);
    try {
      const params = { image_id: wanted.imageId };
      using body = owned(await this.#glance.downloadImage({ params, ...asUser(scope) }));
      await this.#write(body.stream, part, wanted);
      assertDeclared(await inspectFile(part), wanted.diskFormat);
      await rename(part, this.#file(content));
    } finally {
      await rm(part, { force: true });
      this.#parts.delete(partName);
    }
  }

  async #write(body: Readable, part: string, { imageId, algorithm, hash }: Wanted): Promise<void> {
    const digest = createHash(algorithm);
    const room = this.#room;
    await pipeline(
      body,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          digest.update(chunk);
          if (!(await room.take(chunk.byteLength))) throw noDiskSpace();
          try {
            yield chunk;
          } finally {
            room.settle(chunk.byteLength);
          }
        }
      },
      createWriteStream(part, { mode: 0o600 }),
    );
    if (digest.digest('hex') !== hash) throw imageCorrupt({ image: imageId });
  }

  #file(name: string): string {
    return join(this.#directory, name);
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
