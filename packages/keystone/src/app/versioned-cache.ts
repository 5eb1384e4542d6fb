import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChangeTag } from '../db/change-tags.ts';
import type { Changes } from '../db/changes.ts';

/** Of each of two generations; what is asked for moves to the younger one. */
const MAX_ENTRIES = 25_000;

interface Entry {
  readonly answer: Promise<unknown>;
  /** The state of the data when loading began. */
  readonly version: number;
  /** The last state for which it is known to be true. */
  trueAt: number;
  isLoading: boolean;
  readonly about: About;
}

/** What an answer is about: whatever changes of it, the answer is not true any more. */
class About {
  readonly tags = new Set<ChangeTag>();
  /** Any change may be one of it. */
  isEverything = false;
  /** By `performance.now()`: for what nobody here hears of when it changes. */
  goodUntil = Number.POSITIVE_INFINITY;

  add(other: About): void {
    if (other.isEverything) this.isEverything = true;
    this.goodUntil = Math.min(this.goodUntil, other.goodUntil);
    for (const tag of other.tags) this.tags.add(tag);
  }
}

const asking = new AsyncLocalStorage<About>();

type Load<T> = (dependsOn: (...tags: ChangeTag[]) => void, lasts: (forMs: number) => void) => Promise<T>;

/** Keeps what was read until what it is about changes. */
export class VersionedCache {
  readonly #changes: Changes;
  #young = new Map<string, Entry>();
  #old = new Map<string, Entry>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /**
   * What `load` gave for this key, as long as that is true. Who asks at the same time waits for the same answer. Errors
   * and `undefined` are not kept, so that guesses push nothing out. Keys are the callers' to keep apart.
   *
   * @param about what the answer depends on, beside what `load` gets from this cache, which counts by itself; `load` may
   * name more with the function that it is given, and say with the second one for how long it is to be believed at most.
   * Left out: on everything, and the next change of anything ends it.
   */
  async get<T>(key: string, load: Load<T>, about?: readonly ChangeTag[]): Promise<T> {
    const state = this.#changes.version();
    const version = typeof state === 'number' ? state : await state;
    const entry = this.#find(key, version) ?? this.#load(key, version, load, about);
    const outer = asking.getStore();
    if (!outer) return entry.answer as Promise<T>;
    try {
      return (await entry.answer) as T;
    } finally {
      outer.add(entry.about);
    }
  }

  #find(key: string, version: number): Entry | undefined {
    const young = this.#young.get(key);
    const entry = young ?? this.#old.get(key);
    if (!entry || !this.#isTrue(entry, version)) return undefined;
    if (!young) this.#keep(key, entry);
    return entry;
  }

  #isTrue(entry: Entry, version: number): boolean {
    if (performance.now() >= entry.about.goodUntil) return false;
    if (entry.trueAt === version) return true;
    // What a loading answer will be about is not known yet.
    if (entry.isLoading || entry.about.isEverything) return false;
    if (!this.#changes.isUntouched(entry.about.tags, entry.version)) return false;
    entry.trueAt = version;
    return true;
  }

  #load<T>(key: string, version: number, load: Load<T>, tags: readonly ChangeTag[] | undefined): Entry {
    const about = new About();
    if (tags) for (const tag of tags) about.tags.add(tag);
    else about.isEverything = true;
    const dependsOn = (...more: ChangeTag[]) => {
      for (const tag of more) about.tags.add(tag);
    };
    const lasts = (forMs: number) => {
      about.goodUntil = Math.min(about.goodUntil, performance.now() + forMs);
    };
    const answer = asking.run(about, () => load(dependsOn, lasts));
    const entry: Entry = { answer, version, trueAt: version, isLoading: true, about };
    this.#keep(key, entry);
    const ended = (found?: T) => {
      entry.isLoading = false;
      if (found !== undefined) return;
      if (this.#young.get(key) === entry) this.#young.delete(key);
      if (this.#old.get(key) === entry) this.#old.delete(key);
    };
    answer.then(ended, () => ended());
    return entry;
  }

  #keep(key: string, entry: Entry): void {
    if (this.#young.size >= MAX_ENTRIES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, entry);
  }
}
