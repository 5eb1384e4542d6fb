export { type Heartbeat, type HeartbeatOptions, heartbeat } from './heartbeat.ts';
export { type ReconcileResult, type Reconciler, type ReconcilerOptions, reconciler } from './reconciler.ts';
