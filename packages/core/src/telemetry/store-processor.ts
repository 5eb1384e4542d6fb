import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from '../log/index.ts';
import { metrics } from './process-metrics.ts';
import { storedSpan } from './span-row.ts';
import { isBusy, type TraceStore } from './trace-store.ts';

const FLUSH_MS = 200;
const BATCH = 200;
/** While the store cannot be written, it is tried again with pauses that double up to this. */
const MAX_RETRY_MS = 2_000;
/** Spans that wait while the store cannot be written (held by another process, a full disk); beyond it the oldest are lost, and counted. */
const MAX_WAITING = 10_000;
const PRUNE_EVERY_SPANS = 2_000;
const PRUNE_EVERY_MS = 600_000;
const PRUNE_PAUSE_MS = 20;

const lostSpans = metrics.counter(
  'kumo_trace_spans_lost_total',
  'Spans given up because the trace store could not be written (a full disk, say).',
);

/** Writes sampled spans to the store in batches: after 200 spans or 200 ms, whichever is first. Idle, it has no timer. */
export class StoreProcessor implements SpanProcessor {
  readonly #store: TraceStore;
  readonly #log: Logger;
  #waiting: ReadableSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pruneTimer: NodeJS.Timeout | undefined;
  #sincePrune = 0;
  #prunedAtMs = 0;
  /** Since the first failure of a row; undefined while the store can be written. */
  #failing: { retryMs: number; lost: number; isSaid: boolean } | undefined;
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
    if (this.#waiting.length >= MAX_WAITING) this.#dropOldest();
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
      this.#recovered();
    } catch (error) {
      this.#keepForLater(error);
      return;
    }
    if (this.#sincePrune >= PRUNE_EVERY_SPANS || Date.now() - this.#prunedAtMs > PRUNE_EVERY_MS) this.#prune();
  }

  #keepForLater(error: unknown): void {
    this.#failing ??= { retryMs: FLUSH_MS, lost: 0, isSaid: false };
    const failing = this.#failing;
    if (!isBusy(error) && !failing.isSaid) {
      failing.isSaid = true;
      this.#log.error({ err: error }, 'spans cannot be stored; trying again: is there room for traces.db?');
    }
    this.#timer ??= setTimeout(() => this.#flush(), failing.retryMs).unref();
    failing.retryMs = Math.min(2 * failing.retryMs, MAX_RETRY_MS);
  }

  #dropOldest(): void {
    this.#waiting.splice(0, BATCH);
    this.#lost += BATCH;
    if (this.#failing) this.#failing.lost += BATCH;
    lostSpans.add({}, BATCH);
  }

  #recovered(): void {
    const { lost = 0, isSaid = false } = this.#failing ?? {};
    this.#failing = undefined;
    if (lost > 0 || isSaid) this.#log.warn({ spansLost: lost }, 'spans can be stored again');
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
