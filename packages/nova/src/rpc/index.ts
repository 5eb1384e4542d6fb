/** Contracts of Nova's daemons among themselves. */
export { computeRpc } from './compute.ts';
export { conductorRpc } from './conductor.ts';
export { type JournalMethods, journalHandlers, rpcJournal } from './journal.ts';
export { schedulerRpc } from './scheduler.ts';
export type {
  BlockDevice,
  Failure,
  NetworkInterface,
  NetworkRequest,
  ServerDescription,
} from './shapes.ts';
