import { unavailable } from '@kumo/core/errors';
import { metrics } from '@kumo/core/telemetry';

/** The address and account for which a password is hashed or verified. */
export interface Turn {
  /** Where it comes from; sources take turns. */
  readonly address: string;
  /** About whom it is, whether there is such an account or not. */
  readonly account: string;
  /** Aborted when nobody waits for it any longer: work that has not begun is dropped. */
  readonly signal?: AbortSignal | undefined;
}

export interface LineOptions {
  /** Done at the same time. */
  readonly concurrency: number;
  /** That may wait, altogether. */
  readonly waiting: number;
  /** Of one address. */
  readonly waitingPerAddress: number;
}

interface Waiting {
  readonly turn: Turn;
  start(): void;
  refuse(error: unknown): void;
}

const turns = metrics.counter(
  'keystone_password_turns_total',
  'Passwords that were hashed, whose clients went away before it, and that were refused because too many waited.',
  ['outcome'],
);
/** Our own work, which comes from nowhere. */
const INSIDE: Turn = { address: '', account: '' };
const RETRY_AFTER_SECONDS = 1;

/**
 * Runs a bounded number of things at a time; a bounded number of others waits. Addresses take turns, so that who sends much
 * waits behind himself. Of one address every second turn goes to the account that had none for longest, the others to who
 * has waited longest: neither a flood about one account nor one about many keeps an account out. None of it depends on
 * whether an account exists.
 */
export class WaitingLine {
  readonly #options: LineOptions;
  /** By account; the first of the map has the next turn. */
  readonly #lines = new Map<string, AddressLine>();
  #running = 0;
  #waiting = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * @throws unavailable, with Retry-After, when too many are waiting; the signal's reason when it is aborted before the work
   * has begun; whatever `work` throws.
   */
  async run<T>(work: () => Promise<T>, turn: Turn = INSIDE): Promise<T> {
    await this.#enter(turn);
    turns.add({ outcome: 'done' });
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(turn: Turn): Promise<void> {
    turn.signal?.throwIfAborted();
    if (this.#running < this.#options.concurrency) {
      this.#running += 1;
      return;
    }
    this.#makeRoom(turn.address);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { turn, start: resolve, refuse: reject };
    const onAbort = () => {
      this.#remove(waiting);
      turns.add({ outcome: 'abandoned' });
      reject(turn.signal?.reason);
    };
    turn.signal?.addEventListener('abort', onAbort, { once: true });
    this.#add(waiting);
    try {
      await promise;
    } finally {
      turn.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** In a full line the last one of the address that has most in it gives way to one that has less. @throws unavailable */
  #makeRoom(address: string): void {
    const { waiting, waitingPerAddress } = this.#options;
    const own = this.#lines.get(address)?.size ?? 0;
    if (own >= waitingPerAddress) throw tooMany();
    if (this.#waiting < waiting) return;
    const longest = [...this.#lines.values()].reduce((most, one) => (one.size > most.size ? one : most));
    if (longest.size <= own + 1) throw tooMany();
    const last = longest.last();
    this.#remove(last);
    last.refuse(tooMany());
  }

  #add(waiting: Waiting): void {
    const { address } = waiting.turn;
    const line = this.#lines.get(address) ?? new AddressLine();
    this.#lines.set(address, line);
    line.add(waiting);
    this.#waiting += 1;
  }

  #remove(waiting: Waiting): void {
    const { address } = waiting.turn;
    const line = this.#lines.get(address);
    if (!line?.remove(waiting)) return;
    this.#waiting -= 1;
    if (line.size === 0) this.#lines.delete(address);
  }

  /** The turn passes to the next address, which then is the last. */
  #leave(): void {
    const [first] = this.#lines;
    if (!first) {
      this.#running -= 1;
      return;
    }
    const [address, line] = first;
    const next = line.next();
    this.#remove(next);
    if (this.#lines.delete(address)) this.#lines.set(address, line);
    next.start();
  }
}

/** What waits of one address; never empty while it is in the line. */
class AddressLine {
  /** All that waits, in order of arrival. */
  readonly #all = new Set<Waiting>();
  /** The first has the next turn. */
  readonly #accounts = new Map<string, Set<Waiting>>();
  /** Whether the last turn went by accounts. */
  #wasByAccount = false;

  get size(): number {
    return this.#all.size;
  }

  add(waiting: Waiting): void {
    const { account } = waiting.turn;
    const ofAccount = this.#accounts.get(account) ?? new Set();
    this.#accounts.set(account, ofAccount.add(waiting));
    this.#all.add(waiting);
  }

  remove(waiting: Waiting): boolean {
    if (!this.#all.delete(waiting)) return false;
    const { account } = waiting.turn;
    const ofAccount = this.#accounts.get(account);
    ofAccount?.delete(waiting);
    if (ofAccount?.size === 0) this.#accounts.delete(account);
    return true;
  }

  last(): Waiting {
    return [...this.#all].at(-1) as Waiting;
  }

  next(): Waiting {
    this.#wasByAccount = !this.#wasByAccount;
    const [next] = this.#accounts;
    if (!this.#wasByAccount || !next) return first(this.#all);
    const [account, ofAccount] = next;
    this.#accounts.delete(account);
    this.#accounts.set(account, ofAccount);
    return first(ofAccount);
  }
}

function first(waiting: Set<Waiting>): Waiting {
  const [one] = waiting;
  return one as Waiting;
}

function tooMany(): Error {
  turns.add({ outcome: 'refused' });
  return unavailable(
    { message: 'Too many logins are waiting: try again in a moment.' },
    { retryable: true, headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } },
  );
}
