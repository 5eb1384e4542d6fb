/**
 * What an error of any of the three databases means to us:
 * `lost` the connection (or there was none), `conflict` run the transaction again, `busy` SQLite's lock is held by another process,
 * `full` no room on the database's disk, `disk` the disk does not take what is written for another reason (read-only, broken).
 */
export type Failure =
  | 'lost'
  | 'conflict'
  | 'busy'
  | 'full'
  | 'disk'
  | 'unique'
  | 'foreignKey'
  | 'exists'
  | 'missingDatabase'
  | 'other';

interface CodedError {
  code?: unknown;
  errno?: unknown;
  errcode?: unknown;
  sqlState?: unknown;
  message?: unknown;
}

const SQLITE: Record<number, Failure> = {
  1555: 'unique',
  2067: 'unique',
  2579: 'unique',
  787: 'foreignKey',
  // SQLITE_IOERR_SHMSIZE: the index of the write-ahead log cannot grow.
  4874: 'full',
};
/** By an error's lowest byte, where the table above does not know it: BUSY, LOCKED, IOERR, FULL, CANTOPEN. */
const SQLITE_PRIMARY: Record<number, Failure> = { 5: 'busy', 6: 'busy', 10: 'disk', 13: 'full', 14: 'disk' };

const MYSQL: Record<number, Failure> = {
  1062: 'unique',
  1586: 'unique',
  1216: 'foreignKey',
  1217: 'foreignKey',
  1451: 'foreignKey',
  1452: 'foreignKey',
  1205: 'conflict',
  1213: 'conflict',
  1020: 'conflict',
  1317: 'conflict',
  1040: 'lost',
  1047: 'lost',
  1053: 'lost',
  1077: 'lost',
  1152: 'lost',
  1184: 'lost',
  1203: 'lost',
  1927: 'lost',
  3169: 'lost',
  1021: 'full',
  1114: 'full',
  1041: 'full',
  1026: 'disk',
  1036: 'disk',
  1050: 'exists',
  1060: 'exists',
  1061: 'exists',
  1826: 'exists',
  1049: 'missingDatabase',
};

const POSTGRES: Record<string, Failure> = {
  '23505': 'unique',
  '23503': 'foreignKey',
  '23001': 'foreignKey',
  '40001': 'conflict',
  '40P01': 'conflict',
  '55P03': 'conflict',
  '53100': 'full',
  '53300': 'lost',
  '58030': 'disk',
  '57P01': 'lost',
  '57P02': 'lost',
  '57P03': 'lost',
  '57P05': 'lost',
  '42P07': 'exists',
  '42701': 'exists',
  '3D000': 'missingDatabase',
};

const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

/** pg gives these errors neither a code nor a class. */
const PG_LOST =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|Connection timeout|timeout exceeded when trying to connect)/;
const MYSQL_LOST =
  /^(Can't add new command when connection is in closed state|Connection lost|The client was disconnected)/;

/** Classifies one driver error; causes are not looked at. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'other';
  const { code, errno, errcode, sqlState, message } = error as CodedError;
  if (code === 'ERR_SQLITE_ERROR') {
    const number = Number(errcode);
    return SQLITE[number] ?? SQLITE_PRIMARY[number & 0xff] ?? 'other';
  }
  if (typeof code === 'string' && SOCKET.has(code)) return 'lost';
  if (typeof sqlState === 'string' && typeof errno === 'number') return MYSQL[errno] ?? systemErrorOf(errno, message);
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code))
    return POSTGRES[code] ?? (code.startsWith('08') ? 'lost' : 'other');
  return PG_LOST.test(String(message)) || MYSQL_LOST.test(String(message)) ? 'lost' : 'other';
}

/** MariaDB's errors of a handler or a file, which carry the system's: "Got error 28 from storage engine", "(Errcode: 28 \"No space…". */
const MYSQL_SYSTEM = new Set([1, 3, 14, 20, 1004, 1005, 1025, 1030]);
const NO_SPACE = /\b(?:error|errcode|errno):?\s*(?:28|122)\b/i;

function systemErrorOf(errno: number, message: unknown): Failure {
  if (!MYSQL_SYSTEM.has(errno)) return 'other';
  return NO_SPACE.test(String(message)) ? 'full' : 'disk';
}

/** A row with this key is already there. Catch it outside of the transaction: after an error a transaction is over. */
export function isUniqueViolation(error: unknown): boolean {
  return anyCause(error, 'unique');
}

/** The row points to one that is not there, or is still pointed to. */
export function isForeignKeyViolation(error: unknown): boolean {
  return anyCause(error, 'foreignKey');
}

function anyCause(error: unknown, failure: Failure): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (failureOf(at) === failure) return true;
  }
  return false;
}
