import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../log/index.ts';

export interface ReconcileResult {
  /** Look at this key again after so long, ahead of the interval. */
  againMs?: number;
}

export interface ReconcilerOptions {
  name: string;
  /** From one look at everything to the next; ±10 % so that nodes do not beat in step. */
  intervalMs: number;
  /** Everything that may need a look. */
  keys: () => Promise<readonly string[]>;
  /** Compares what should be with what is, and repairs. Idempotent; must end soon after `signal` aborts. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a body without a return statement is the common case
  reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult | void>;
  /** How many keys at once. Default 4. */
  concurrency?: number;
  log: Logger;
  /** First pause after an error, doubled up to `maxBackoffMs`. Default 500 and 60,000. */
  backoffMs?: number;
  maxBackoffMs?: number;
}

export interface Reconciler {
  /** Begins with a look at everything at once. */
  start(): void;
  /** Aborts the signals, waits for the runs that go on. */
  stop(): Promise<void>;
  /** Looks at one key now (again, if it is being looked at), or at everything. Also ends a back-off. */
  nudge(key?: string): void;
  /** Resolves when nothing is running, queued or about to be listed (back-offs and intervals do not count). */
  idle(): Promise<void>;
}

interface KeyState {
  running: boolean;
  queued: boolean;
  failures: number;
  timer?: NodeJS.Timeout;
}

/** Keeps true what must stay true: lists keys now and then, brings each in order, one run per key at a time. */
export function reconciler(options: ReconcilerOptions): Reconciler {
  const loop = new Loop(options);
  return {
    start: () => loop.start(),
    stop: () => loop.stop(),
    nudge: (key) => loop.nudge(key),
    idle: () => loop.idle(),
  };
}

class Loop {
  readonly #options: ReconcilerOptions;
  /** Runs outside of whatever request or transaction a nudge came from. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #states = new Map<string, KeyState>();
  readonly #queue: string[] = [];
  readonly #waiting: (() => void)[] = [];
  #abort = new AbortController();
  #started = false;
  #running = 0;
  #listing = false;
  #listAgain = false;
  #listFailures = 0;
  #listTimer: NodeJS.Timeout | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#abort = new AbortController();
    this.nudge();
  }

  async stop(): Promise<void> {
    this.#started = false;
    clearTimeout(this.#listTimer);
    for (const state of this.#states.values()) clearTimeout(state.timer);
    this.#queue.length = 0;
    this.#abort.abort(new Error(`reconciler ${this.#options.name} stops`));
    await this.idle();
    this.#states.clear();
  }

  nudge(key?: string): void {
    if (!this.#started) return;
    this.#outside(() => {
      if (key === undefined) void this.#list();
      else this.#enqueue(key);
    });
  }

  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #isIdle(): boolean {
    return this.#running === 0 && this.#queue.length === 0 && !this.#listing;
  }

  #settled(): void {
    if (this.#isIdle()) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #list(): Promise<void> {
    if (this.#listing) {
      this.#listAgain = true;
      return;
    }
    this.#listing = true;
    clearTimeout(this.#listTimer);
    const { name, intervalMs, keys, log } = this.#options;
    let nextMs = intervalMs * (0.9 + Math.random() * 0.2);
    try {
      const found = await keys();
      this.#listFailures = 0;
      for (const key of found) if (!this.#backsOff(key)) this.#enqueue(key);
    } catch (error) {
      nextMs = Math.min(nextMs, this.#backoffMs(++this.#listFailures));
      // The first may be that another daemon is still starting.
      const level = this.#listFailures === 1 ? 'warn' : 'error';
      log[level]({ err: error, reconciler: name, againMs: Math.round(nextMs) }, 'reconciler could not list its keys');
    }
    this.#listing = false;
    if (this.#started) {
      if (this.#listAgain) nextMs = 0;
      this.#listTimer = setTimeout(() => void this.#list(), nextMs).unref();
    }
    this.#listAgain = false;
    this.#settled();
  }

  #backsOff(key: string): boolean {
    const state = this.#states.get(key);
    return state?.timer !== undefined && state.failures > 0;
  }

  #enqueue(key: string): void {
    if (!this.#started) return;
    const state = this.#states.get(key) ?? { running: false, queued: false, failures: 0 };
    this.#states.set(key, state);
    clearTimeout(state.timer);
    state.timer = undefined;
    if (state.queued) return;
    state.queued = true;
    // A key that is being looked at is looked at once more afterwards: what it read may be old.
    if (!state.running) this.#queue.push(key);
    this.#pump();
  }

  #pump(): void {
    while (this.#running < (this.#options.concurrency ?? 4)) {
      const key = this.#queue.shift();
      if (key === undefined) return;
      void this.#run(key, this.#states.get(key)!);
    }
  }

  async #run(key: string, state: KeyState): Promise<void> {
    const { name, reconcile, log } = this.#options;
    this.#running++;
    state.queued = false;
    state.running = true;
    let againMs: number | undefined;
    try {
      const result = await reconcile(key, this.#abort.signal);
      againMs = result?.againMs;
      state.failures = 0;
    } catch (error) {
      againMs = this.#backoffMs(++state.failures);
      if (this.#started) {
        log.error({ err: error, reconciler: name, key, failures: state.failures, againMs }, 'reconcile failed');
      } else {
        log.debug({ err: error, reconciler: name, key }, 'reconcile was stopped');
      }
    }
    state.running = false;
    this.#running--;
    if (this.#started) this.#after(key, state, againMs);
    this.#settled();
  }

  #after(key: string, state: KeyState, againMs: number | undefined): void {
    if (state.queued) this.#queue.push(key);
    else if (againMs !== undefined) state.timer = setTimeout(() => this.#enqueue(key), againMs).unref();
    else this.#states.delete(key);
    this.#pump();
  }

  #backoffMs(failures: number): number {
    const { backoffMs = 500, maxBackoffMs = 60_000 } = this.#options;
    return Math.min(maxBackoffMs, backoffMs * 2 ** Math.min(failures - 1, 30));
  }
}
