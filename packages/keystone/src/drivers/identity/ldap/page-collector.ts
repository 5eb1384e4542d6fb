import type { DirectoryListWanted, DirectoryPage } from '../directory.ts';
import type { Entry } from './entry.ts';

/** Takes one page out of a stream of entries, and says when it has it. */
export class PageCollector<T extends { readonly localId: string }> {
  readonly #wanted: DirectoryListWanted<T>;
  readonly #read: (entry: Entry) => T | undefined;
  readonly #rows: T[] = [];
  #isPastMarker: boolean;

  /** @param read what an entry stands for; undefined: it is not in the list. */
  constructor(wanted: DirectoryListWanted<T>, read: (entry: Entry) => T | undefined) {
    this.#wanted = wanted;
    this.#read = read;
    this.#isPastMarker = wanted.after === undefined;
  }

  readonly onPage = (entries: readonly Entry[]): 'more' | 'enough' => {
    for (const entry of entries) {
      const row = this.#read(entry);
      if (!row || this.#wanted.fits?.(row) === false) continue;
      if (this.#isPastMarker) this.#rows.push(row);
      else this.#isPastMarker = row.localId === this.#wanted.after;
      // One more than is shown tells whether there are more.
      if (this.#rows.length > this.#wanted.limit) return 'enough';
    }
    return 'more';
  };

  get page(): DirectoryPage<T> {
    const { limit } = this.#wanted;
    return {
      rows: this.#rows.slice(0, limit),
      hasMore: this.#rows.length > limit,
      isMarkerFound: this.#isPastMarker,
    };
  }
}
