import type { Changes } from '../db/changes.ts';

const MAX_ENTRIES = 50_000;

/** Keeps what was read until any data changes. */
export class VersionedCache {
  readonly #changes: Changes;
  #version = -1;
  #entries = new Map<string, Promise<unknown>>();

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /**
   * What `load` gave for this key since the last change. Who asks at the same time waits for the same answer. Errors
   * and `undefined` are not kept, so that guesses push nothing out. Keys are the callers' to keep apart.
   */
  async get<T>(key: string, load: () => Promise<T>): Promise<T> {
    const version = this.#changes.version();
    const current = typeof version === 'number' ? version : await version;
    if (current !== this.#version) {
      this.#version = current;
      this.#entries = new Map();
    }
    const entries = this.#entries;
    const known = entries.get(key);
    if (known) return known as Promise<T>;
    if (entries.size >= MAX_ENTRIES) entries.clear();
    const loading = load();
    entries.set(key, loading);
    let found: T | undefined;
    try {
      found = await loading;
      return found;
    } finally {
      if (found === undefined) entries.delete(key);
    }
  }
}
