import { DriverError } from '@kumo/core/errors';

interface Turn {
  done: Promise<void>;
  abort: AbortController;
}

/** One verb at a time per guest, in the order asked; `interrupting` first aborts whatever is before it. */
export class GuestTurns {
  readonly #turns = new Map<string, Turn[]>();

  /**
   * Runs `work` when it is this call's turn.
   * @param options.signal gives up waiting, and is passed on to `work` together with an interruption.
   */
  async take<T>(
    serverId: string,
    work: (signal: AbortSignal) => Promise<T>,
    options: { signal?: AbortSignal; interrupting?: boolean } = {},
  ): Promise<T> {
    const waiting = this.#turns.get(serverId) ?? [];
    this.#turns.set(serverId, waiting);
    if (options.interrupting) {
      for (const turn of waiting)
        turn.abort.abort(new DriverError(`interrupted: guest ${serverId} is being destroyed`));
    }
    const before = waiting.at(-1)?.done;
    const finished = Promise.withResolvers<void>();
    const turn: Turn = { done: finished.promise, abort: new AbortController() };
    waiting.push(turn);
    const signal = options.signal ? AbortSignal.any([options.signal, turn.abort.signal]) : turn.abort.signal;
    try {
      await before;
      signal.throwIfAborted();
      return await work(signal);
    } finally {
      waiting.splice(waiting.indexOf(turn), 1);
      if (waiting.length === 0) this.#turns.delete(serverId);
      finished.resolve();
    }
  }
}
