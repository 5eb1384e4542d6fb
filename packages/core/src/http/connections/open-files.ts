import { readFileSync } from 'node:fs';

/** Where the limit cannot be read. */
const ASSUMED = 1024;

/** How many files and sockets this process may have open; Node raises it to what the system allows. */
export function openFilesLimit(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return found === undefined ? ASSUMED : Number(found);
  } catch {
    return ASSUMED;
  }
}

/**
 * How many connections a process may have: `wanted`, or fewer where the rest of its open files would not do for databases,
 * disks, images and child processes: a quarter of them, and not less than 192, is kept for those.
 */
export function connectionBound(wanted: number, openFiles = openFilesLimit()): number {
  return Math.max(16, Math.min(wanted, openFiles - Math.max(192, Math.ceil(openFiles / 4))));
}
