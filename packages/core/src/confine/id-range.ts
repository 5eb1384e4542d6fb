import { readdir } from 'node:fs/promises';
import { DriverError } from '../errors/index.ts';
import { readIfThere } from '../exec/index.ts';
import type { IdBounds } from './id-bounds.ts';

/**
 * Hands out ids for things that are to be strangers to one another (guests, volumes). They have no entry in /etc/passwd.
 * It remembers nothing beyond this process: the owner keeps an id with its thing and calls `adopt` when it starts.
 */
export class IdRange {
  readonly #bounds: IdBounds;
  readonly #idOf = new Map<string, number>();
  readonly #keyOf = new Map<number, string>();
  readonly #taking = new Map<string, Promise<number>>();
  #next: number;

  constructor(bounds: IdBounds) {
    this.#bounds = bounds;
    this.#next = bounds.first;
  }

  /**
   * This thing has this id already, in the range or (from before a change of settings) outside it. Idempotent.
   * @throws DriverError when another thing has it, or this one another id.
   */
  adopt(key: string, id: number): void {
    const holder = this.#keyOf.get(id) ?? key;
    if (holder !== key) throw new DriverError(`${key} and ${holder} have the same user id ${id}: one must be removed`);
    const before = this.#idOf.get(key) ?? id;
    if (before !== id) throw new DriverError(`${key} has the user id ${before}, not ${id}`);
    this.#idOf.set(key, id);
    this.#keyOf.set(id, key);
    // Ids of things that are gone are given again as late as possible.
    if (id >= this.#next && id < this.#end) this.#next = id + 1;
  }

  /**
   * The thing's id: the one that it has, else one that no other thing and no process of this host has.
   * @throws DriverError (retryable) when none is left.
   */
  take(key: string): Promise<number> {
    const known = this.#idOf.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const taking = this.#taking.get(key) ?? this.#choose(key).finally(() => this.#taking.delete(key));
    this.#taking.set(key, taking);
    return taking;
  }

  /** The id of a thing that has one. */
  of(key: string): number | undefined {
    return this.#idOf.get(key);
  }

  /** The thing is gone, with its processes and files. Idempotent. */
  release(key: string): void {
    const id = this.#idOf.get(key);
    if (id === undefined) return;
    this.#idOf.delete(key);
    this.#keyOf.delete(id);
  }

  get #end(): number {
    return this.#bounds.first + this.#bounds.count;
  }

  async #choose(key: string): Promise<number> {
    const running = await idsOfProcesses();
    const { first, count } = this.#bounds;
    for (let tried = 0; tried < count; tried += 1) {
      const id = first + ((this.#next - first + tried) % count);
      if (this.#keyOf.has(id) || running.has(id)) continue;
      this.#next = id + 1;
      this.adopt(key, id);
      return id;
    }
    throw new DriverError(`none of the ${count} user ids from ${first} on is free`, { retryable: true });
  }
}

/** Real, effective, saved and file-system ids of users and groups: from /proc's status, as a directory's owner can be feigned. */
async function idsOfProcesses(): Promise<Set<number>> {
  const ids = new Set<number>();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(pids.map((pid) => readIfThere(`/proc/${pid}/status`)));
  for (const text of texts)
    for (const [, line = ''] of text?.matchAll(/^[UG]id:\s+(.*)$/gm) ?? [])
      for (const id of line.split(/\s+/)) ids.add(Number(id));
  return ids;
}
