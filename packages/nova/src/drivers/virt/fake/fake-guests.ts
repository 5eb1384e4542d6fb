import { open, readFile, rename } from 'node:fs/promises';
import { DriverError } from '@kumo/core/errors';
import type { GuestSpec, GuestState } from '../driver.ts';

export interface FakeGuest {
  spec: Omit<GuestSpec, 'configDrive'>;
  hasConfigDrive: boolean;
  fingerprint: string;
  state: Exclude<GuestState, 'gone'>;
  console: string;
  startedAt: string;
}

/** The fake's guests: in memory, and with a file also across restarts, as real ones are. */
export class FakeGuests {
  readonly #file: string | undefined;
  #guests: Promise<Map<string, FakeGuest>> | undefined;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Every caller gets the same map, also those that ask while it is being read. */
  load(): Promise<Map<string, FakeGuest>> {
    this.#guests ??= this.#file === undefined ? Promise.resolve(new Map()) : readGuests(this.#file);
    return this.#guests;
  }

  /** Resolves when everything up to now is in the file; calls that come while one is being written share the next one. */
  async save(): Promise<void> {
    if (this.#file === undefined) return;
    this.#next ??= this.#writeAfter(this.#writing, this.#file);
    return this.#next;
  }

  async #writeAfter(previous: Promise<void> | undefined, file: string): Promise<void> {
    await previous?.catch(() => undefined);
    this.#writing = this.#next;
    this.#next = undefined;
    const text = JSON.stringify({ v: 1, guests: [...(await this.load())] });
    {
      await using handle = await open(`${file}.new`, 'w', 0o600);
      await handle.writeFile(text);
    }
    await rename(`${file}.new`, file);
  }
}

async function readGuests(file: string): Promise<Map<string, FakeGuest>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const kept = JSON.parse(text) as { v: number; guests: [string, FakeGuest][] };
  if (kept.v !== 1) throw new DriverError(`${file} has version ${kept.v}, which this Kumo does not know`);
  return new Map(kept.guests);
}
