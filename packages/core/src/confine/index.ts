/**
 * Ids and walls for the processes that users' data passes through.
 */

export { type ConfinedOptions, commandAs, type Ids } from './command-as.ts';
export { checkIdBounds, defaultIdBounds, type IdBounds, type IdUse } from './id-bounds.ts';
export { IdRange } from './id-range.ts';
export { guardTable, NetworkGuard, type Peer } from './network-guard.ts';
export { withThrowAwayIds } from './throw-away.ts';
