import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why tests of full disks are skipped here; false when they can run. */
export const noSmallDisk = process.getuid?.() === 0 ? false : 'a small file system can only be mounted by root';

/** A small file system of its own, for tests of what happens when a disk is full. */
export interface SmallDisk {
  readonly path: string;
  freeBytes(): number;
  /** Takes all of the room but for `butBytes`. */
  fill(butBytes?: number): void;
  /** Gives back what `fill` took. */
  free(): void;
  /** Changes it in place: `size=8m`, `ro`, `rw`. */
  remount(options: string): void;
  [Symbol.dispose](): void;
}

/** Mounts a tmpfs, on a new directory or on an empty one of the caller's. Needs root (`noSmallDisk`). */
export function smallDisk(sizeMb: number, directory?: string): SmallDisk {
  const path = directory ?? mkdtempSync(join(tmpdir(), 'kumo-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=755`, 'tmpfs', path]);
  const ballast = join(path, 'ballast');
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    fill(butBytes = 0) {
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes() - butBytes)), { flag: 'a' });
      } catch (error) {
        // Others may have taken it meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remount: (options) => void execFileSync('mount', ['-o', `remount,${options}`, path]),
    [Symbol.dispose]() {
      // Lazily: a logger may still have its file open.
      execFileSync('umount', ['--lazy', path]);
      if (directory === undefined) rmdirSync(path);
    },
  };
}
