import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../log/index.ts';
import { storedSpan } from './span-row.ts';
import { isBusy, type TraceStore } from './trace-store.ts';

const FLUSH_MS = 200;
const BATCH = 200;
/** Spans that wait while the store is held by another process; beyond it the oldest are lost, and counted. */
const MAX_WAITING = 10_000;
const PRUNE_EVERY_SPANS = 2_000;
const PRUNE_EVERY_MS = 600_000;
const PRUNE_PAUSE_MS = 20;

/** Writes sampled spans to the store in batches: after 200 spans or 200 ms, whichever is first. Idle, it has no timer. */
export class StoreProcessor implements SpanProcessor {
  readonly #store: TraceStore;
  readonly #log: Logger;
  #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pruneTimer: NodeJS.Timeout | undefined;
  #sincePrune = 0;
  #prunedAtMs = 0;
  #failing = false;
  #lost = 0;

  constructor(store: TraceStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Spans given up because the store could not be written for too long. */
  get lost(): number {
    return this.#lost;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH && !this.#failing) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref();
  }

  async forceFlush(): Promise<void> {
    this.#flush();
  }

  async shutdown(): Promise<void> {
    this.#flush();
    clearTimeout(this.#timer);
    clearTimeout(this.#pruneTimer);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    try {
      this.#store.append(this.#waiting.map(storedSpan));
      this.#sincePrune += this.#waiting.length;
      this.#waiting = [];
      this.#failing = false;
    } catch (error) {
      this.#keepForLater(error);
      return;
    }
    if (this.#sincePrune >= PRUNE_EVERY_SPANS || Date.now() - this.#prunedAtMs > PRUNE_EVERY_MS) this.#prune();
  }

  #keepForLater(error: unknown): void {
    if (!isBusy(error) && !this.#failing) this.#log.error({ err: error }, 'spans cannot be stored; trying again');
    this.#failing = true;
    const excess = this.#waiting.length - MAX_WAITING;
    if (excess > 0) {
      this.#lost += excess;
      this.#waiting.splice(0, excess);
      this.#log.warn({ lost: this.#lost }, 'spans were lost: the trace store cannot be written');
    }
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS).unref();
  }

  /** One small batch at a time, so that requests are served in between. */
  #prune(): void {
    this.#sincePrune = 0;
    this.#prunedAtMs = Date.now();
    clearTimeout(this.#pruneTimer);
    this.#pruneTimer = setTimeout(() => {
      try {
        if (this.#store.prune()) this.#prune();
      } catch (error) {
        // Busy is no matter: the next 2,000 spans prune again.
        if (!isBusy(error)) this.#log.warn({ err: error }, 'old spans cannot be removed');
      }
    }, PRUNE_PAUSE_MS).unref();
  }
}
