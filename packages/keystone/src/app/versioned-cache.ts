import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChangeTag } from '../db/change-tags.ts';
import type { Changes } from '../db/changes.ts';

/** Of each of two generations; what is asked for moves to the younger one. An answer takes about half a KiB. */
const MAX_ENTRIES = 10_000;

interface Entry {
  /** The state of the data when loading began. */
  readonly version: number;
  /** The last state for which it is known to be true. */
  trueAt: number;
  /** Until there is an answer. */
  loading: { readonly answer: Promise<unknown>; readonly about: About } | undefined;
  answer: unknown;
  subject: Subject;
}

/** What an answer is about: whatever changes of it, the answer is not true any more. */
interface Subject {
  readonly tags: readonly ChangeTag[];
  /** Every change concerns it: it has no tags of its own. */
  readonly isEverything: boolean;
  /** By `performance.now()`: the end of its validity, for data whose changes are not announced here. */
  readonly goodUntil: number;
}

/** What becomes known of a subject while the answer is loaded. */
class About {
  readonly #tags = new Set<ChangeTag>();
  #isEverything = false;
  #goodUntil = Number.POSITIVE_INFINITY;

  constructor(tags: readonly ChangeTag[] | undefined) {
    if (tags) this.addTags(tags);
    else this.#isEverything = true;
  }

  addTags(tags: readonly ChangeTag[]): void {
    for (const tag of tags) this.#tags.add(tag);
  }

  endsAt(time: number): void {
    this.#goodUntil = Math.min(this.#goodUntil, time);
  }

  add(other: Subject): void {
    if (other.isEverything) this.#isEverything = true;
    this.endsAt(other.goodUntil);
    this.addTags(other.tags);
  }

  get subject(): Subject {
    return { tags: [...this.#tags], isEverything: this.#isEverything, goodUntil: this.#goodUntil };
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
    try {
      return (entry.loading ? await entry.loading.answer : entry.answer) as T;
    } finally {
      outer?.add(entry.subject);
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
    const { subject } = entry;
    if (performance.now() >= subject.goodUntil) return false;
    if (entry.trueAt === version) return true;
    // What a loading answer will be about is not known yet.
    if (entry.loading || subject.isEverything) return false;
    if (!this.#changes.isUntouched(subject.tags, entry.version)) return false;
    entry.trueAt = version;
    return true;
  }

  #load<T>(key: string, version: number, load: Load<T>, tags: readonly ChangeTag[] | undefined): Entry {
    const about = new About(tags);
    const dependsOn = (...more: ChangeTag[]) => about.addTags(more);
    const lasts = (forMs: number) => about.endsAt(performance.now() + forMs);
    const answer = asking.run(about, () => load(dependsOn, lasts));
    const loading = { answer, about };
    const entry: Entry = { version, trueAt: version, loading, answer: undefined, subject: about.subject };
    this.#keep(key, entry);
    const ended = (found?: T) => {
      entry.subject = about.subject;
      entry.answer = found;
      entry.loading = undefined;
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
