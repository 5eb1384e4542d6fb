/**
 * What must stay true is compared with what is, and repaired.
 *
 * `reconciler({ name, intervalMs, keys: () => Promise<string[]>, reconcile: (key, signal) => Promise<{againMs?} | void>,
 * concurrency, log })`: `start()`, `stop()`, `nudge(key?)`; one run per key at a time, errors back off and are logged,
 * never lost. `heartbeat({ intervalMs, log, beat })`, from the same place: `start()` (resolves after the first beat,
 * whatever came of it), `stop()`.
 */

export { type Heartbeat, type HeartbeatOptions, heartbeat } from './heartbeat.ts';
export { type ReconcileResult, type Reconciler, type ReconcilerOptions, reconciler } from './reconciler.ts';
