import { unavailable } from '@kumo/core/errors';

/** Runs a bounded number of things at a time; a bounded number of others waits for its turn. */
export class WaitingLine {
  readonly #concurrency: number;
  readonly #length: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(options: { concurrency: number; waiting: number }) {
    this.#concurrency = options.concurrency;
    this.#length = options.waiting;
  }

  /** @throws unavailable when too many are waiting; whatever `work` throws. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.#concurrency) {
      this.#running += 1;
      return;
    }
    if (this.#line.length >= this.#length)
      throw unavailable({ message: 'Too many logins are waiting: try again in a moment.' }, { retryable: true });
    await new Promise<void>((resolve) => this.#line.push(resolve));
  }

  /** The turn passes to the next in line. */
  #leave(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
