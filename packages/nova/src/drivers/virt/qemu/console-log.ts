/**
 * The serial console's log. QEMU writes it itself (so it goes on while Kumo is stopped) and opens it for appending, so it
 * can be cut from outside: QEMU's next byte then lands at the new end. What is cut off goes to `console.log.1`; both
 * together stay near the bound.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { openIfThere } from '@kumo/core/exec';

export const DEFAULT_CONSOLE_BYTES = 1 << 20;

/** OpenStack's own limit for one answer. */
const MAX_ANSWER_BYTES = 100 * 1024;

/** The last `lines` lines, at most 100 KiB; an empty string when the guest never wrote anything. */
export async function readConsole(path: string, lines?: number): Promise<string> {
  const current = await readTail(path, MAX_ANSWER_BYTES);
  const older =
    current.length < MAX_ANSWER_BYTES
      ? await readTail(`${path}.1`, MAX_ANSWER_BYTES - current.length)
      : Buffer.alloc(0);
  const text = Buffer.concat([older, current]).toString('utf8');
  return lines === undefined ? text : lastLines(text, lines);
}

/** Cuts the log when it has grown over half of `maxBytes`. What the guest writes in the microseconds of the cut is lost. */
export async function boundConsole(path: string, maxBytes: number): Promise<void> {
  const half = Math.floor(maxBytes / 2);
  await using file = await openIfThere(path, constants.O_RDWR | constants.O_NOFOLLOW);
  if (!file) return;
  const { size } = await file.stat();
  if (size <= half) return;
  const draft = `${path}.new`;
  {
    await using older = await open(draft, 'w', 0o600);
    await older.writeFile(await tailOf(file, half));
  }
  await file.truncate(0);
  await rename(draft, `${path}.1`);
}

function lastLines(text: string, lines: number): string {
  if (lines <= 0) return '';
  const parts = text.split('\n');
  const ended = parts.at(-1) === '';
  return parts.slice(-(lines + (ended ? 1 : 0))).join('\n');
}

async function readTail(path: string, maxBytes: number): Promise<Buffer> {
  await using file = await openIfThere(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return file ? await tailOf(file, maxBytes) : Buffer.alloc(0);
}

async function tailOf(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const { size } = await file.stat();
  const length = Math.min(size, maxBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.subarray(0, bytesRead);
}
