import { closeSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { leftOf } from '../diskroom/index.ts';
import { noDiskSpace } from '../errors/index.ts';
import type { StoredSpan } from './span-row.ts';

const LAYOUT_VERSION = 1;
const PRUNE_BATCH = 1_000;

/** Traces take no more of the disk than this leaves: databases need the rest more. */
const RESERVE = { reservePercent: 0, reserveBytes: 2 ** 30 };

const LAYOUT = `
  DROP TABLE IF EXISTS spans;
  CREATE TABLE spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, name TEXT NOT NULL, kind TEXT NOT NULL, side TEXT NOT NULL,
    "from" TEXT NOT NULL, "to" TEXT NOT NULL, start_us INTEGER NOT NULL, duration_us INTEGER NOT NULL, status TEXT NOT NULL,
    attributes TEXT NOT NULL, server_id TEXT, audit_id TEXT, request_id TEXT, step TEXT
  );
  CREATE INDEX spans_trace ON spans (trace_id);
  CREATE INDEX spans_server ON spans (server_id) WHERE server_id IS NOT NULL;
  CREATE INDEX spans_audit ON spans (audit_id) WHERE audit_id IS NOT NULL;
  CREATE INDEX spans_request ON spans (request_id) WHERE request_id IS NOT NULL;
  CREATE INDEX spans_step ON spans (step) WHERE step IS NOT NULL;
  PRAGMA user_version = ${LAYOUT_VERSION};
`;

/**
 * The server's own traces, then the traces that issued the tokens used in them. A token is used in many traces; the one that
 * issued it has its audit id on the span of Keystone's operation issueToken.
 */
const TRACES_OF_SERVER = `
  WITH own AS (SELECT DISTINCT trace_id FROM spans WHERE server_id = ?),
  tokens AS (SELECT DISTINCT audit_id FROM spans WHERE trace_id IN own AND audit_id IS NOT NULL),
  issued AS (SELECT DISTINCT trace_id FROM spans WHERE audit_id IN tokens AND name = 'issueToken')
  SELECT * FROM spans WHERE trace_id IN own OR trace_id IN issued ORDER BY start_us, rowid`;

export interface TraceStoreOptions {
  /** Directory of `traces.db`. */
  stateDir: string;
  /** Spans that ended longer ago are removed. Default 24. */
  maxAgeHours?: number;
  /** At most so many spans are kept, the newest. Default 200,000. */
  maxRows?: number;
  /** For readers (`kumo trace`): never creates or changes the file. */
  readOnly?: boolean;
}

/** Finished spans of every process on this machine, in one SQLite file (WAL): docs/adr/0001. */
export class TraceStore {
  readonly #db: DatabaseSync;
  readonly #stateDir: string;
  readonly #maxAgeMs: number;
  readonly #maxRows: number;
  #insert: StatementSync | undefined;

  /** Throws what node:sqlite throws when the file cannot be opened. */
  constructor({ stateDir, maxAgeHours = 24, maxRows = 200_000, readOnly = false }: TraceStoreOptions) {
    const path = join(stateDir, 'traces.db');
    this.#stateDir = stateDir;
    this.#maxAgeMs = maxAgeHours * 3_600_000;
    this.#maxRows = maxRows;
    if (!readOnly) {
      mkdirSync(stateDir, { recursive: true });
      closeSync(openSync(path, 'a', 0o600));
    }
    this.#db = new DatabaseSync(path, { readOnly, timeout: 5_000 });
    if (!readOnly) this.#prepare();
  }

  /**
   * Adds spans in one transaction: all or none. Throws when another process holds the file for too long (`isBusy`) or the
   * disk is full but for a reserve (1 GB; a tenth of a small one); it can be tried again.
   */
  append(spans: readonly StoredSpan[]): void {
    if (leftOf(statfsSync(this.#stateDir), RESERVE) < 0) throw noDiskSpace();
    this.#insert ??= this.#db.prepare(`INSERT INTO spans VALUES (${Array(16).fill('?').join(', ')})`);
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const span of spans) this.#insert.run(...values(span));
      this.#db.exec('COMMIT');
    } catch (error) {
      // SQLite rolls back by itself after some errors (a full disk).
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** The spans of one trace, oldest first. */
  spansOfTrace(traceId: string): StoredSpan[] {
    return this.#read('SELECT * FROM spans WHERE trace_id = ? ORDER BY start_us, rowid', traceId);
  }

  /** Every span of the traces that touched a server, and of those that issued the tokens used for it, oldest first. */
  spansOfServer(serverId: string): StoredSpan[] {
    return this.#read(TRACES_OF_SERVER, serverId);
  }

  /** Removes one batch of what is too old or too much; true when there may be more. */
  prune(nowMs = Date.now()): boolean {
    const tooOldUs = (nowMs - this.#maxAgeMs) * 1_000;
    // Rows are added as spans end, so the lowest row ids are the oldest, and the distance of row ids bounds their number.
    const removed = this.#db
      .prepare(
        `DELETE FROM spans WHERE rowid IN (SELECT rowid FROM spans ORDER BY rowid LIMIT ${PRUNE_BATCH})
         AND (start_us + duration_us < ? OR rowid <= (SELECT max(rowid) FROM spans) - ?)`,
      )
      .run(tooOldUs, this.#maxRows);
    return Number(removed.changes) === PRUNE_BATCH;
  }

  close(): void {
    this.#db.close();
  }

  #prepare(): void {
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1000');
    if (this.#layoutVersion() !== LAYOUT_VERSION) {
      this.#db.exec('BEGIN IMMEDIATE');
      // Another process may have laid it out while this one waited for the lock.
      if (this.#layoutVersion() !== LAYOUT_VERSION) this.#db.exec(LAYOUT);
      this.#db.exec('COMMIT');
    }
    // From here on a lock held by another process costs a retry, not a standstill of this one's event loop.
    this.#db.exec('PRAGMA busy_timeout = 20');
  }

  #layoutVersion(): unknown {
    return this.#db.prepare('PRAGMA user_version').get()?.user_version;
  }

  #read(sql: string, parameter: string): StoredSpan[] {
    return this.#db.prepare(sql).all(parameter).map(fromRow);
  }
}

/** The error of a statement that waited in vain for another process. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

function values(span: StoredSpan): (string | number | null)[] {
  return [
    span.traceId,
    span.spanId,
    span.parentId,
    span.name,
    span.kind,
    span.side,
    span.from,
    span.to,
    span.startUs,
    span.durationUs,
    span.status,
    JSON.stringify(span.attributes),
    span.serverId,
    span.auditId,
    span.requestId,
    span.step,
  ];
}

function fromRow(row: Record<string, SQLOutputValue>): StoredSpan {
  const { trace_id, span_id, parent_id, start_us, duration_us, attributes, server_id, audit_id, request_id, ...same } =
    row;
  return {
    ...same,
    traceId: trace_id,
    spanId: span_id,
    parentId: parent_id,
    startUs: start_us,
    durationUs: duration_us,
    attributes: JSON.parse(attributes as string),
    serverId: server_id,
    auditId: audit_id,
    requestId: request_id,
  } as StoredSpan;
}
