import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { run } from '../exec/index.ts';
import type { IdBounds } from './id-bounds.ts';

/** A TCP server that a process has to reach over the network. */
export interface Peer {
  host: string;
  port: number;
}

/** The peers of an id, and their elements of the table's two sets. */
interface Door {
  readonly peers: readonly Peer[];
  readonly elements: Readonly<Record<4 | 6, readonly string[]>>;
}

/**
 * Keeps the processes of a range of ids off every network, the loopback included: they reach the peers that are named for
 * their id, and may answer whoever reaches them. One nftables table of this host (or of this process' network namespace).
 */
export class NetworkGuard {
  readonly #table: string;
  readonly #ids: string;
  readonly #from: string;
  /** What the table has. */
  #doors: ReadonlyMap<number, Door> = new Map();
  /** One change at a time: each writes the whole table. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(table: string, ids: string, from: string) {
    this.#table = table;
    this.#ids = ids;
    this.#from = from;
  }

  /**
   * Makes the table, or makes it anew as one change, so that there is no moment without it.
   * @param options.also ids outside the range that are kept off as well.
   * @param options.peers the peers of each id.
   * @throws DriverError when nft fails (it needs root and the package nftables).
   */
  static async open(
    bounds: IdBounds,
    options: { also?: readonly number[]; peers?: ReadonlyMap<number, readonly Peer[]>; from: string },
  ): Promise<NetworkGuard> {
    const ids = [`${bounds.first}-${bounds.first + bounds.count - 1}`, ...(options.also ?? [])].join(', ');
    const guard = new NetworkGuard(guardTable(bounds), ids, options.from);
    const doors = new Map<number, Door>();
    for (const [id, peers] of options.peers ?? []) doors.set(id, await doorOf(id, peers));
    await guard.#write(doors);
    return guard;
  }

  /** Takes the guard away, when no process has any of the ids. Idempotent. */
  static async remove(bounds: IdBounds, options: { from: string }): Promise<void> {
    const table = guardTable(bounds);
    const input = `table inet ${table} {}\ndelete table inet ${table}\n`;
    await run('nft', ['-f', '-'], { input, from: options.from });
  }

  /**
   * Exactly these peers from now on; none closes the network again. Idempotent.
   * @throws Error when a host's name is not known, DriverError when nft fails: then nothing has changed.
   */
  set(id: number, peers: readonly Peer[]): Promise<void> {
    const work = async () => {
      if (JSON.stringify(this.#doors.get(id)?.peers ?? []) === JSON.stringify(peers)) return;
      const doors = new Map(this.#doors);
      if (peers.length > 0) doors.set(id, await doorOf(id, peers));
      else doors.delete(id);
      await this.#write(doors);
    };
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #write(doors: ReadonlyMap<number, Door>): Promise<void> {
    const elements = (family: 4 | 6) => [...doors.values()].flatMap((door) => door.elements[family]);
    const set = (family: 4 | 6) => {
      const all = elements(family);
      const listed = all.length > 0 ? `elements = { ${[...new Set(all)].join(', ')} }` : '';
      return `set peers${family} { type uid . ipv${family}_addr . inet_service; ${listed} }`;
    };
    // Declared first, so that it can be deleted where it is not there yet: a file is one transaction.
    const input = `table inet ${this.#table} {}
delete table inet ${this.#table}
table inet ${this.#table} {
  ${set(4)}
  ${set(6)}
  chain confined {
    ct direction reply accept
    meta skuid . ip daddr . tcp dport @peers4 accept
    meta skuid . ip6 daddr . tcp dport @peers6 accept
    counter reject
  }
  chain output {
    type filter hook output priority filter - 10; policy accept;
    meta skuid { ${this.#ids} } goto confined
  }
}
`;
    await run('nft', ['-f', '-'], { input, from: this.#from });
    this.#doors = doors;
  }
}

/** The guard's table, for whoever removes what a cloud made on its host. */
export function guardTable(bounds: IdBounds): string {
  return `kumo-ids-${bounds.first}`;
}

async function doorOf(id: number, peers: readonly Peer[]): Promise<Door> {
  const elements: Record<4 | 6, string[]> = { 4: [], 6: [] };
  for (const { host, port } of peers)
    for (const { address, family } of await addressesOf(host)) elements[family].push(`${id} . ${address} . ${port}`);
  return { peers, elements };
}

async function addressesOf(host: string): Promise<{ address: string; family: 4 | 6 }[]> {
  const literal = isIP(host);
  if (literal === 4 || literal === 6) return [{ address: host, family: literal }];
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}
