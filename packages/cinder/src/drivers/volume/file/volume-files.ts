import { randomUUID } from 'node:crypto';
import { chmod, type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '@kumo/core/confine';
import { run } from '@kumo/core/exec';
import { giveFile } from './volume-owners.ts';

export const bytesPerGb = 2 ** 30;

/** Whom a file belongs to; undefined is this process's own user. */
export type OwnerOf = (id: string) => Promise<Ids | undefined>;

/** Who alone reads a snapshot or a copy, whose daemon wrote it or not. */
export const ownedByUs: OwnerOf = async () => undefined;

export interface StoredFile {
  id: string;
  sizeGb: number;
}

/**
 * A directory of sparse raw files `<kind>-<id>`. A file gets its name when it is complete and synced; until then it
 * is `.<kind>-<id>.<random>.part`.
 */
export class VolumeFiles {
  readonly directory: string;
  readonly #kind: string;
  readonly #ownerOf: OwnerOf;

  private constructor(directory: string, kind: string, ownerOf: OwnerOf) {
    this.directory = directory;
    this.#kind = kind;
    this.#ownerOf = ownerOf;
  }

  static async open(directory: string, kind: 'volume' | 'snapshot' | 'copy', ownerOf: OwnerOf): Promise<VolumeFiles> {
    // Others may pass through (the storage daemons do), but not list; the files are their owner's alone.
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o711);
    return new VolumeFiles(directory, kind, ownerOf);
  }

  path(id: string): string {
    return join(this.directory, `${this.#kind}-${id}`);
  }

  async sizeGb(id: string): Promise<number | undefined> {
    const size = await sizeIfThere(this.path(id));
    return size === undefined ? undefined : Math.ceil(size / bytesPerGb);
  }

  /**
   * Makes the file of `id` by `fill`, which gets a hidden, empty file of the right owner, and lets it appear when that
   * is done and it has grown to `sizeGb` (without a size: stays as it is). A file that is there already stays. `fill` may
   * give the file away for as long as it works.
   */
  async create(id: string, sizeGb: number | undefined, fill: (path: string) => Promise<void>): Promise<void> {
    await this.removeLeftovers(id);
    if ((await this.sizeGb(id)) !== undefined) return;
    const partial = join(this.directory, `.${this.#kind}-${id}.${randomUUID()}.part`);
    try {
      await writeFile(partial, '', { flag: 'wx', mode: 0o600 });
      const owner = await this.#ownerOf(id);
      await giveFile(partial, owner);
      await fill(partial);
      await giveFile(partial, owner);
      if (sizeGb !== undefined) await growFile(partial, sizeGb * bytesPerGb);
      await syncPath(partial);
      await rename(partial, this.path(id));
      await syncPath(this.directory);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  /** Gives the file to its owner. Idempotent. */
  async give(id: string): Promise<void> {
    await giveFile(this.path(id), await this.#ownerOf(id));
  }

  async grow(id: string, sizeGb: number): Promise<void> {
    await growFile(this.path(id), sizeGb * bytesPerGb);
    await syncPath(this.path(id));
  }

  async delete(id: string): Promise<void> {
    await this.removeLeftovers(id);
    await rm(this.path(id), { force: true });
    await syncPath(this.directory);
  }

  async list(): Promise<StoredFile[]> {
    const prefix = `${this.#kind}-`;
    const found: StoredFile[] = [];
    for (const name of await readdir(this.directory)) {
      if (!name.startsWith(prefix)) continue;
      const id = name.slice(prefix.length);
      const sizeGb = await this.sizeGb(id);
      if (sizeGb !== undefined) found.push({ id, sizeGb });
    }
    return found;
  }

  /** The ids of which there are unfinished files. */
  async leftovers(): Promise<string[]> {
    const prefix = `.${this.#kind}-`;
    const names = (await readdir(this.directory)).filter((name) => name.startsWith(prefix) && name.endsWith('.part'));
    return names.map((name) => name.slice(prefix.length, name.indexOf('.', prefix.length)));
  }

  /** Removes the unfinished files of an id. The caller knows that nothing is writing them. */
  async removeLeftovers(id: string): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!name.startsWith(`.${this.#kind}-${id}.`) || !name.endsWith('.part')) continue;
      await rm(join(this.directory, name), { force: true });
    }
  }

  async space(): Promise<{ totalGb: number; freeGb: number }> {
    const { blocks, bavail, bsize } = await statfs(this.directory);
    return { totalGb: toGb(blocks * bsize), freeGb: toGb(bavail * bsize) };
  }
}

/** Copies raw bytes; instantly where the file system can share blocks, else reading only what is allocated. */
export async function copyFileSparse(
  from: string,
  to: string,
  options: { signal?: AbortSignal; by: string },
): Promise<void> {
  const args = ['--reflink=auto', '--sparse=always', '--', from, to];
  await run('cp', args, { signal: options.signal, timeoutMs: copyTimeoutMs, from: options.by });
}

/** A copy of terabytes takes its time; what hangs for longer than this is broken. */
export const copyTimeoutMs = 6 * 3_600_000;

const blockBytes = 64 << 10;
const zeros = Buffer.alloc(blockBytes);

/** Writes a stream to an empty file and leaves out blocks of zeros, which read the same and take no space. */
export async function writeSparse(path: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  await using file = await open(path, 'r+');
  let offset = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; at += blockBytes) {
      const block = chunk.subarray(at, at + blockBytes);
      if (zeros.compare(block, 0, block.byteLength, 0, block.byteLength) !== 0) await writeAt(file, block, offset + at);
    }
    offset += chunk.byteLength;
  }
  await file.truncate(offset);
  return offset;
}

async function writeAt(file: FileHandle, block: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < block.byteLength) {
    const { bytesWritten } = await file.write(block, written, block.byteLength - written, offset + written);
    written += bytesWritten;
  }
}

/** Never cuts: a repeated call finds its work done. */
async function growFile(path: string, sizeBytes: number): Promise<void> {
  await using file = await open(path, 'r+');
  if ((await file.stat()).size < sizeBytes) await file.truncate(sizeBytes);
}

async function syncPath(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}

async function sizeIfThere(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function toGb(bytes: number): number {
  return Math.round((bytes / bytesPerGb) * 100) / 100;
}
