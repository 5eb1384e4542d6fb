import { DirectoryDown } from '../directory.ts';

export interface BreakerOptions {
  /** Failures in a row after which nobody waits any more. */
  readonly failures: number;
  /** How long until somebody may try again. */
  readonly retryAfterMs: number;
}

/**
 * Keeps callers from waiting for what does not answer: after some failures in a row all are refused at once, until after a
 * while one caller tries; that one's luck decides for the others.
 */
export class CircuitBreaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #retryAt = 0;
  #isTrying = false;
  #last: DirectoryDown | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** Undefined while callers are let through. */
  get retryInMs(): number | undefined {
    return this.#last && Math.max(0, this.#retryAt - performance.now());
  }

  /** @throws DirectoryDown at once while it is open; what `work` throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#last && (this.#isTrying || performance.now() < this.#retryAt))
      throw new DirectoryDown(`${this.#last.message} (not asked again yet)`, { cause: this.#last });
    const isTrial = this.#last !== undefined;
    if (isTrial) this.#isTrying = true;
    try {
      const result = await work();
      this.#succeeded();
      return result;
    } catch (error) {
      if (error instanceof DirectoryDown) this.#failed(error, isTrial);
      else this.#succeeded();
      throw error;
    } finally {
      if (isTrial) this.#isTrying = false;
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#last = undefined;
  }

  #failed(error: DirectoryDown, isTrial: boolean): void {
    this.#failures += 1;
    if (!isTrial && this.#failures < this.#options.failures) return;
    this.#last = error;
    this.#retryAt = performance.now() + this.#options.retryAfterMs;
  }
}
