import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from '../log/index.ts';
import { metrics } from '../telemetry/process-metrics.ts';

/** A nudge, event or notification that follows a change. What it asks for must be done again without harm. */
export interface Message {
  /** What it is, for logs: `nova-compute.runFlows`. */
  readonly name: string;
  /** Tries once. Ends by a deadline of its own; an error that is `retryable` means: try again later. */
  send(): Promise<unknown>;
}

const sentCount = metrics.counter(
  'kumo_outbox_messages_total',
  'What became of messages that follow a transaction: sent, repeated (an attempt failed), dropped.',
  ['service', 'outcome'],
);

/** Attempts at once. While the bus is away each waits for it, so the rest waits here. */
const MAX_SENDING = 64;
/** Beyond so many the oldest are dropped: a flow or reconciler does without them. */
const MAX_WAITING = 10_000;
const RETRY = { firstMs: 250, maxMs: 5_000 };
const CLOSE_MS = 1_000;

interface Entry extends Message {
  attempts: number;
}

/** Messages of the transactions that are open, by the object that their callback was given. */
const ofTransaction = new WeakMap<object, Message[]>();

/**
 * Makes `message` part of the transaction: it is sent after the commit, not at all after a rollback. The caller of
 * `db.transaction` neither waits for it nor learns of its failure; it is repeated, with pauses of up to 5 s, until it is
 * taken or the process ends. It may be sent twice, out of order, or (the process killed, more than 10,000 waiting) never: only
 * for what a flow or a reconciler finds by itself. See docs/adr/0017-after-the-commit.md.
 *
 * @param tx what `db.transaction` gave its callback. @throws TypeError for anything else.
 */
// biome-ignore lint/suspicious/noExplicitAny: any service's schema
export function afterCommit(tx: Kysely<any>, message: Message): void {
  const messages = ofTransaction.get(tx);
  if (!messages) throw new TypeError(`${message.name} follows a transaction, but was given none that is open`);
  messages.push(message);
}

/** Begins to collect what follows `tx`. */
export function collectFor(tx: object): readonly Message[] {
  const messages: Message[] = [];
  ofTransaction.set(tx, messages);
  return messages;
}

/** Ends it: what comes later is a mistake. */
export function collectedFor(tx: object): void {
  ofTransaction.delete(tx);
}

/** Sends messages in the background and repeats them until they are taken. One per `Db`. */
export class Outbox {
  readonly #service: string;
  readonly #log: Logger;
  readonly #waiting: Entry[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  /** Those in the pause between two attempts. */
  #pausing = 0;

  constructor(service: string, log: Logger) {
    this.#service = service;
    this.#log = log;
  }

  /** Returns at once; the first attempt begins before that, unless many are under way. Never throws. */
  post(message: Message): void {
    // It goes on in the trace of whoever posted it, whenever its turn comes.
    const send = AsyncLocalStorage.bind(() => message.send());
    this.#enqueue({ name: message.name, send, attempts: 0 });
  }

  /** Gives attempts that are under way a second, and drops the rest. */
  async close(): Promise<void> {
    if (this.#sending.size > 0) {
      const pause = new AbortController();
      const ended = Promise.all(this.#sending);
      await Promise.race([ended, sleep(CLOSE_MS, undefined, { signal: pause.signal }).catch(() => {})]);
      pause.abort();
    }
    this.#closing.abort();
    const left = this.#waiting.splice(0).length + this.#pausing + this.#sending.size;
    if (left > 0) this.#log.info({ left }, 'messages were not sent; who waits for them will look by itself');
  }

  #enqueue(entry: Entry): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.push(entry);
    while (this.#waiting.length + this.#pausing > MAX_WAITING && this.#waiting.length > 0) {
      const oldest = this.#waiting.shift()!;
      this.#count('dropped');
      this.#log.warn({ message: oldest.name }, 'too many messages wait: the oldest is dropped');
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#sending.size < MAX_SENDING && !this.#closing.signal.aborted) {
      const entry = this.#waiting.shift();
      if (!entry) return;
      const attempt = this.#attempt(entry).finally(() => {
        this.#sending.delete(attempt);
        this.#pump();
      });
      this.#sending.add(attempt);
    }
  }

  async #attempt(entry: Entry): Promise<void> {
    try {
      await entry.send();
      this.#count('sent');
    } catch (error) {
      this.#failed(entry, error);
    }
  }

  #failed(entry: Entry, error: unknown): void {
    entry.attempts += 1;
    const about = { err: error, message: entry.name, attempts: entry.attempts };
    if (!isRetryable(error)) {
      this.#count('dropped');
      this.#log.error(about, 'a message was refused');
      return;
    }
    this.#count('repeated');
    if (entry.attempts === 1) this.#log.warn(about, 'a message was not taken; it is sent again');
    void this.#later(entry);
  }

  async #later(entry: Entry): Promise<void> {
    this.#pausing += 1;
    const pauseMs = Math.min(RETRY.maxMs, RETRY.firstMs * 2 ** Math.min(entry.attempts - 1, 20));
    const { signal } = this.#closing;
    await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {});
    this.#pausing -= 1;
    this.#enqueue(entry);
  }

  #count(outcome: 'sent' | 'repeated' | 'dropped'): void {
    sentCount.add({ service: this.#service, outcome });
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
