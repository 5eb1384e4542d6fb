import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type DiskReserve, DiskRoom } from '@kumo/core/diskroom';
import { DriverError, isNoSpace } from '@kumo/core/errors';
import { openReadStream } from '@kumo/core/stream';
import { withSpan } from '@kumo/core/trace';
import { hashInto } from './hashed-stream.ts';
import {
  assertImageId,
  type ByteRange,
  type ImageStore,
  imageDataExists,
  imageDataNotFound,
  type PutOptions,
  type StoredData,
  type StoredImage,
  storageFull,
} from './image-store.ts';

const leftoverPattern = /^\.[0-9a-f-]+\.[0-9a-f-]+\.part$/i;
const syncEveryBytes = 32 << 20;

/**
 * Image data as files `<directory>/<image id>`. The directory is 0750 and the files are 0640: a guest's process,
 * which runs as another user, can neither change nor list them. An upload writes a hidden file, syncs it and links
 * it to its name, which fails when that exists: readers see whole files only, and data never changes once it is there.
 */
export class FileStore implements ImageStore {
  readonly name = 'file';
  readonly #directory: string;
  readonly #room: DiskRoom;

  private constructor(directory: string, room: DiskRoom) {
    this.#directory = directory;
    this.#room = room;
  }

  /** Opens the store, making its directory where it does not exist yet. @param reserve what of its file system stays free. */
  static async open(directory: string, reserve: Partial<DiskReserve> = {}): Promise<FileStore> {
    const path = resolve(directory);
    await mkdir(path, { recursive: true, mode: 0o750 });
    return new FileStore(path, new DiskRoom({ directory: path, reservePercent: 0, reserveBytes: 0, ...reserve }));
  }

  put(imageId: string, source: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredData> {
    assertImageId(imageId);
    return withSpan('image store put', this.#span(imageId), async () => {
      const path = join(this.#directory, imageId);
      const partial = join(this.#directory, `.${imageId}.${randomUUID()}.part`);
      if (!(await this.#room.has(options.expectedBytes ?? 0))) throw storageFull();
      try {
        const digest = await this.#write(partial, source, options);
        await link(partial, path);
        return { location: pathToFileURL(path).href, ...digest };
      } catch (error) {
        throw translated(error, imageId);
      } finally {
        await unlinkIfThere(partial);
        await syncDirectory(this.#directory);
      }
    });
  }

  async get(location: string, { offset = 0, lengthBytes }: ByteRange = {}): Promise<Readable> {
    const path = this.#path(location);
    return withSpan('image store get', this.#span(path), async () => {
      const size = (await statIfThere(path))?.size;
      if (size === undefined) throw imageDataNotFound();
      const end = Math.min(size, lengthBytes === undefined ? size : offset + lengthBytes) - 1;
      // A file's stream has no empty range: an `end` before `start` is an error there.
      if (offset > end) return Readable.from([]);
      return openForReading(path, { start: offset, end });
    });
  }

  async delete(location: string): Promise<void> {
    const path = this.#path(location);
    await withSpan('image store delete', this.#span(path), async () => {
      await unlinkIfThere(path);
      await syncDirectory(this.#directory);
    });
  }

  async sizeBytes(location: string): Promise<number | undefined> {
    return (await statIfThere(this.#path(location)))?.size;
  }

  async list(): Promise<StoredImage[]> {
    const images: StoredImage[] = [];
    for (const imageId of await readdir(this.#directory)) {
      if (imageId.startsWith('.')) continue;
      const path = join(this.#directory, imageId);
      const found = await statIfThere(path);
      if (!found?.isFile()) continue;
      const location = pathToFileURL(path).href;
      images.push({ imageId, location, sizeBytes: found.size, modifiedAt: found.mtime.toISOString() });
    }
    return images;
  }

  async removeLeftovers(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#directory)) {
      if (!leftoverPattern.test(name)) continue;
      const path = join(this.#directory, name);
      const found = await statIfThere(path);
      if (!found || Date.now() - found.mtimeMs < olderThanMs) continue;
      await unlinkIfThere(path);
      removed += 1;
    }
    return removed;
  }

  async #write(partial: string, source: AsyncIterable<Uint8Array>, options: PutOptions) {
    await using file = await open(partial, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
    let unsyncedBytes = 0;
    let syncing = Promise.resolve();
    const write = async (chunk: Uint8Array) => {
      await this.#writeInRoom(file, chunk);
      unsyncedBytes += chunk.byteLength;
      if (unsyncedBytes < syncEveryBytes) return;
      unsyncedBytes = 0;
      await syncing;
      // The disk works while the next bytes arrive and are hashed, instead of all at once at the end.
      syncing = file.datasync();
      // Awaited above or below; when the upload fails first, that error is the one to report.
      syncing.catch(() => {});
    };
    const digest = await hashInto(source, write, options);
    await syncing;
    await file.sync();
    return digest;
  }

  async #writeInRoom(file: FileHandle, chunk: Uint8Array): Promise<void> {
    if (!(await this.#room.take(chunk.byteLength))) throw storageFull();
    try {
      await writeAll(file, chunk);
    } finally {
      this.#room.settle(chunk.byteLength);
    }
  }

  /** The file behind a location; whatever does not lie in this store's directory, under an id, is refused. */
  #path(location: string): string {
    let path: string;
    try {
      path = fileURLToPath(location);
    } catch (cause) {
      throw new DriverError('The image location is not a file URI.', { cause });
    }
    if (dirname(path) !== this.#directory) throw new DriverError('The image location lies outside of the image store.');
    assertImageId(path.slice(this.#directory.length + 1));
    return path;
  }

  #span(what: string) {
    const attributes = { 'kumo.image': what };
    return { kind: 'native', from: 'glance-api', to: 'image store', attributes } as const;
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written);
    written += bytesWritten;
  }
}

async function openForReading(path: string, range: { start: number; end: number }): Promise<Readable> {
  try {
    return await openReadStream(path, { ...range, flags: constants.O_RDONLY | constants.O_NOFOLLOW });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw imageDataNotFound({}, { cause: error });
    throw error;
  }
}

async function statIfThere(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

function translated(error: unknown, imageId: string): unknown {
  if (hasCode(error, 'EEXIST')) return imageDataExists({ imageId }, { cause: error });
  if (isNoSpace(error)) return storageFull({}, { cause: error });
  return error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
