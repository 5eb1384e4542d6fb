export { type ReconcileResult, type Reconciler, type ReconcilerOptions, reconciler } from './reconciler.ts';
