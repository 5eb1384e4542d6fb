import { defineError, type KumoError } from '../errors/index.ts';
import { failureOf } from './failure.ts';

/** No connection within the deadline, or it was lost while a change was on its way (which was then not made). */
export const databaseUnavailable = defineError(
  'unavailable',
  'DatabaseUnavailable',
  'The database of {service} cannot be reached at the moment.',
);

/** The connection was lost after COMMIT or a single change was sent: nobody here knows whether it was made. */
export const commitUnknown = defineError(
  'unavailable',
  'CommitUnknown',
  'The connection to the database of {service} was lost while a change was being made; it may or may not be there.',
);

/** Other transactions kept getting in the way until the deadline. */
export const databaseBusy = defineError(
  'unavailable',
  'DatabaseBusy',
  'The database of {service} is busy: a transaction did not get through in {seconds} s.',
);

/** What was to be written was not; reading goes on, and so does writing as soon as there is room. */
export const databaseFull = defineError(
  'unavailable',
  'DatabaseFull',
  'The database of {service} has no disk space left: nothing can be changed until there is room again.',
);

/** The same for a disk that is read-only or broken. */
export const databaseUnwritable = defineError(
  'unavailable',
  'DatabaseUnwritable',
  'The disk of the database of {service} fails or is read-only: what was asked for was not done.',
);

/** The disk of the database does not take what is written; what is there can be read. */
export function isUnwritable(error: unknown): boolean {
  return databaseFull.is(error) || databaseUnwritable.is(error);
}

const RETRY_AFTER_SECONDS = 30;

/** The answer to a statement or transaction that failed because of the disk; undefined for any other error. */
export function diskError(service: string, cause: unknown): KumoError | undefined {
  const define = { full: databaseFull, disk: databaseUnwritable }[failureOf(cause) as string];
  return define?.({ service }, { cause, retryable: true, headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } });
}

export const databaseNewer = defineError(
  'internal',
  'DatabaseNewer',
  'The database of {service} was migrated by a newer version of Kumo (it has "{migration}"): start that version, or restore a backup made before the upgrade.',
);

export const databaseMissing = defineError(
  'internal',
  'DatabaseMissing',
  'The database "{database}" of {service} does not exist and its user may not create it: create it, or grant the user the right.',
);

export const databaseUrlInvalid = defineError(
  'internal',
  'DatabaseUrlInvalid',
  'The database URL of {service} is wrong: {reason}.',
);

/** A mistake in the program: on one SQLite connection it would wait for itself for ever. */
export const queryInsideTransaction = defineError(
  'internal',
  'QueryInsideTransaction',
  'db.q or db.transaction of {service} was used inside a transaction: use the transaction that the callback was given.',
);

/** A mistake in the program: after its first error a transaction can only be rolled back (PostgreSQL's rule, kept everywhere). */
export const transactionOver = defineError(
  'internal',
  'TransactionOver',
  'A transaction of {service} was used after it {why}.',
);
