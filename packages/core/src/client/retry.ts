import { setTimeout as sleep } from 'node:timers/promises';
import { KumoError, unavailable } from '../errors/index.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export interface RetryOptions {
  readonly method: string;
  /** False when the body is a stream, which can be sent once. */
  readonly repeatable: boolean;
  readonly deadlineMs: number;
  /** The caller's; aborting it ends the call with its reason. */
  readonly signal?: AbortSignal;
  readonly to: string;
}

/**
 * Runs attempts until one gives something else than "cannot be reached" or 503, waiting longer each time, at most `deadlineMs`
 * in all. What may have been done already is repeated only when doing it twice is as good as once.
 *
 * @throws the last attempt's error; unavailable when the deadline passes in the middle of one; the signal's reason.
 */
export async function withRetries<T>(options: RetryOptions, attempt: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const endsAt = performance.now() + options.deadlineMs;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.deadlineMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline.signal]) : deadline.signal;
  try {
    for (let tries = 0; ; tries++) {
      try {
        return await attempt(signal);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (deadline.signal.aborted) throw lateError(options, error);
        const waitMs = Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS) * (0.5 + Math.random() / 2);
        if (!mayRepeat(error, options) || performance.now() + waitMs >= endsAt) throw error;
        await sleep(waitMs, undefined, { signal: options.signal });
      }
    }
  } finally {
    // A streamed reply outlives its headers' deadline; the caller's own signal still ends it.
    clearTimeout(timer);
  }
}

function mayRepeat(error: unknown, { method, repeatable }: RetryOptions): boolean {
  if (!(error instanceof KumoError) || error.kind !== 'unavailable' || !error.retryable || !repeatable) return false;
  return IDEMPOTENT.has(method) || error.params.sent === false;
}

function lateError({ to, deadlineMs }: RetryOptions, error: unknown): KumoError {
  if (error instanceof KumoError) return error;
  return unavailable(
    { message: `${to} did not answer within ${deadlineMs} ms.`, service: to, sent: true },
    { retryable: true, cause: error },
  );
}
