import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';

export interface DiskReserve {
  /** Kept free, in percent of the file system. */
  reservePercent: number;
  /** Kept free, in bytes, where that is more; of a small file system at most a tenth. */
  reserveBytes: number;
}

export interface DiskRoomOptions extends DiskReserve {
  /** A directory on the file system. */
  directory: string;
}

/** What a file system has beyond a reserve, in bytes; below 0 when the reserve is touched. */
export function leftOf({ blocks, bavail, bsize }: StatsFs, { reservePercent, reserveBytes }: DiskReserve): number {
  const total = blocks * bsize;
  const reserve = Math.max((total * reservePercent) / 100, Math.min(reserveBytes, total * SMALL_SHARE));
  return bavail * bsize - reserve;
}

/** A measurement is used for so much and so long before the next: other processes write as well. */
const MEASURE_BYTES = 16 << 20;
const MEASURE_MS = 250;
const SMALL_SHARE = 0.1;

/**
 * What users' data may still take of a file system. The reserve is left to what must go on when users have filled the disk:
 * databases, logs, deleting. All writers of a process share one `DiskRoom` per file system, so that together they do not
 * take more than one may; other processes' writes are seen as soon as they have been made.
 */
export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #leftBytes = 0;
  #measuredAtMs = Number.NEGATIVE_INFINITY;
  #sinceMeasuredBytes = 0;
  /** Bytes ever granted, and of those the bytes that were written or given up. */
  #takenBytes = 0;
  #settledBytes = 0;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** True when there is room for `bytes`, which are not taken by this. */
  async has(bytes: number): Promise<boolean> {
    if (this.#isStale() || this.#leftBytes < bytes) await this.#measure();
    return this.#leftBytes >= bytes;
  }

  /** Takes `bytes`, which the caller is about to write; false when that would touch the reserve. After true, `settle` must follow. */
  async take(bytes: number): Promise<boolean> {
    if (!(await this.has(bytes)) || this.#leftBytes < bytes) return false;
    this.#leftBytes -= bytes;
    this.#sinceMeasuredBytes += bytes;
    this.#takenBytes += bytes;
    return true;
  }

  /** The bytes taken before were written, or will not be: from now on the file system itself tells of them. */
  settle(bytes: number): void {
    this.#settledBytes += bytes;
  }

  #isStale(): boolean {
    return this.#sinceMeasuredBytes > MEASURE_BYTES || performance.now() - this.#measuredAtMs > MEASURE_MS;
  }

  async #measure(): Promise<void> {
    const settledBefore = this.#settledBytes;
    const left = leftOf(await statfs(this.#options.directory), this.#options);
    // What was settled while this was measured may or may not be in the figure: it counts as not.
    this.#leftBytes = left - (this.#takenBytes - settledBefore);
    this.#measuredAtMs = performance.now();
    this.#sinceMeasuredBytes = 0;
  }
}
