/** Lets work on one key wait for earlier work on it. Several keys are taken in one order, so that nobody deadlocks. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const wanted = [...new Set(keys)].sort();
    const earlier = wanted.map((key) => this.#last.get(key));
    // Joining all queues in one synchronous step is what fixes the order.
    const result = Promise.allSettled(earlier).then(work);
    const ended = result.catch(() => {});
    for (const key of wanted) this.#last.set(key, ended);
    ended.then(() => {
      for (const key of wanted) if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    return result;
  }
}
