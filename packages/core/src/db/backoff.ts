import { setTimeout as sleep } from 'node:timers/promises';

/** Waits between attempts, doubling with jitter, until a deadline. */
export class Backoff {
  readonly #deadline: number;
  readonly #maxMs: number;
  #nextMs: number;
  attempts = 0;

  constructor(limits: { deadlineMs: number; firstMs: number; maxMs: number }) {
    this.#deadline = performance.now() + limits.deadlineMs;
    this.#nextMs = limits.firstMs;
    this.#maxMs = limits.maxMs;
  }

  /** False, at once, when the deadline has passed. */
  async wait(): Promise<boolean> {
    const leftMs = this.#deadline - performance.now();
    if (leftMs <= 0) return false;
    this.attempts += 1;
    await sleep(Math.min(leftMs, this.#nextMs * (0.5 + Math.random())));
    this.#nextMs = Math.min(this.#maxMs, this.#nextMs * 2);
    return true;
  }
}
