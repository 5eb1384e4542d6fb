import { AsyncLocalStorage } from 'node:async_hooks';

const signals = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs `work`, which hands a request to an app of this process, so that the request's handler learns when its caller gives up:
 * there is no socket whose end would say it.
 */
export function withCallerSignal<T>(signal: AbortSignal, work: () => T): T {
  return signals.run(signal, work);
}

/** That of the in-process caller of the request that is being served, if it has one. */
export function callerSignal(): AbortSignal | undefined {
  return signals.getStore();
}
