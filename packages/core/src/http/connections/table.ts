import type { Connection } from './connection.ts';
import { connectionBound } from './open-files.ts';

export interface TableOptions {
  /** Connections at once; fewer where the process has not files enough. Default 4,096. */
  readonly most?: number | undefined;
  /** Of one address. Default: half of `most`. */
  readonly mostPerAddress?: number | undefined;
  /** Addresses that are not counted for themselves: those of proxies, behind which everybody is. */
  readonly isProxy?: (address: string) => boolean;
}

const MOST = 4_096;

/**
 * The connections of all listeners of a process. Where one more would be too many, the one that has waited longest for its
 * client ends, of the address itself when it has its share, else of the address that has most. What is being answered is
 * never ended: when there is nothing else, the newcomer is refused.
 */
export class ConnectionTable {
  readonly most: number;
  readonly mostPerAddress: number;
  readonly #isProxy: (address: string) => boolean;
  readonly #byKey = new Map<string, Set<Connection>>();
  #size = 0;

  constructor({ most = MOST, mostPerAddress, isProxy = () => false }: TableOptions = {}) {
    this.most = connectionBound(most);
    this.mostPerAddress = Math.min(mostPerAddress ?? Math.ceil(this.most / 2), this.most);
    this.#isProxy = isProxy;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a connection in, at the cost of another if need be; false: there is no room. */
  admit(connection: Connection): boolean {
    const own = this.#byKey.get(connection.key);
    if (own && own.size >= this.mostPerAddress && !this.#isProxy(connection.address) && !this.#endOne(own))
      return false;
    if (this.#size >= this.most && !this.#makeRoom()) return false;
    const mine = this.#byKey.get(connection.key) ?? new Set();
    this.#byKey.set(connection.key, mine.add(connection));
    this.#size += 1;
    return true;
  }

  remove(connection: Connection): void {
    const own = this.#byKey.get(connection.key);
    if (!own?.delete(connection)) return;
    this.#size -= 1;
    if (own.size === 0) this.#byKey.delete(connection.key);
  }

  #makeRoom(): boolean {
    const holders = [...this.#byKey.values()].sort((left, right) => right.size - left.size);
    return holders.some((held) => this.#endOne(held));
  }

  /** Ends the one of these that has waited longest; false when all are being answered. */
  #endOne(held: ReadonlySet<Connection>): boolean {
    const now = performance.now();
    let longest: { connection: Connection; rank: number } | undefined;
    for (const connection of held) {
      const rank = connection.waitingFor(now);
      if (rank !== undefined && (longest === undefined || rank > longest.rank)) longest = { connection, rank };
    }
    if (!longest) return false;
    longest.connection.end('no room');
    // Closed only after this turn, in which more may come.
    this.remove(longest.connection);
    return true;
  }
}
