import type { Filter } from 'ldapts';
import { DirectoryLimit } from '../directory.ts';
import type { Entry } from './entry.ts';
import type { LdapOptions } from './ldap-options.ts';
import type { LdapServer } from './ldap-server.ts';

export interface EntrySearch {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter;
  /** `['1.1']`: none. */
  readonly attributes: readonly string[];
}

/** A caller that has seen enough, or an end. */
export type OnPage = (entries: readonly Entry[]) => 'more' | 'enough';

/** Entries of one answer when lists come page by page and nothing smaller is wanted. */
const LARGEST_PAGE = 1_000;
/** No list is longer; a directory that gives more is asked for less. */
const MOST_ENTRIES = 200_000;

/** Searches of one directory. */
export class EntrySearches {
  readonly #server: LdapServer;
  readonly #options: LdapOptions;

  constructor(server: LdapServer, options: LdapOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** All that fit; at most `limit` when that is given. @throws DirectoryDown, DirectoryLimit */
  async all(search: EntrySearch, limit?: number): Promise<Entry[]> {
    const found: Entry[] = [];
    await this.pages(
      search,
      (entries) => {
        found.push(...entries);
        return limit !== undefined && found.length >= limit ? 'enough' : 'more';
      },
      limit,
    );
    return limit === undefined ? found : found.slice(0, limit);
  }

  /**
   * Entries as they come, until `onPage` has enough. A connection that is lost in the middle is an error: half a list
   * would be taken for a whole one.
   * @param atMost entries that the caller looks at, if that is known.
   */
  async pages(search: EntrySearch, onPage: OnPage, atMost?: number): Promise<void> {
    const { pageSize, derefAliases } = this.#options;
    const isPaged = pageSize > 0 && search.scope !== 'base';
    const size = Math.min(pageSize, LARGEST_PAGE, atMost ?? LARGEST_PAGE);
    await this.#server.query(async (connection) => {
      let cookie: Buffer | undefined;
      let seen = 0;
      do {
        const paging = isPaged ? { pageSize: size, cookie } : { sizeLimit: atMost ?? MOST_ENTRIES };
        const page = await connection.search({ ...search, derefAliases, ...paging }, this.#server.deadline());
        seen += page.entries.length;
        if (seen > MOST_ENTRIES) throw new DirectoryLimit();
        if (onPage(page.entries) === 'enough') return;
        cookie = page.cookie;
      } while (cookie);
    });
  }
}
