import type { CompiledQuery, QueryResult } from 'kysely';
import type { Logger } from '../log/index.ts';

export type DialectName = 'sqlite' | 'mysql' | 'postgres';
export type Result = QueryResult<unknown>;

/** One connection reserved for one transaction or migration. */
export interface Session {
  execute(query: CompiledQuery): Promise<Result>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Gives the connection back, or throws it away when it is in a state that nobody knows. Never throws. */
  release(broken: boolean): void;
}

/**
 * What runs statements: a SQLite file or a pool of connections. Shared by every `Db` of this process with the same URL,
 * so that two daemons in one process never wait for each other's SQLite lock inside the event loop.
 */
export interface Engine {
  readonly dialect: DialectName;
  /** Connects, creating the database if need be. Retries a server that does not answer until its deadline. */
  open(): Promise<void>;
  /** One statement on its own. Reads are repeated after a lost connection; changes only while they were not sent yet. */
  run(query: CompiledQuery, isRead: boolean): Promise<Result>;
  session(): Promise<Session>;
  /** Keeps other processes from migrating until the session is released; `finish` makes the changes last. */
  lockMigrations(session: Session): Promise<{ finish(): Promise<void>; abort(): Promise<void> }>;
  close(): Promise<void>;
}

export interface EngineOptions {
  service: string;
  log: Logger;
  readonly: boolean;
}
