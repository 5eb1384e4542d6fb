import { AsyncLocalStorage } from 'node:async_hooks';
import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Engine, EngineOptions } from './engine.ts';
import { mysqlPool } from './mysql-engine.ts';
import { PooledEngine } from './pooled-engine.ts';
import { postgresPool } from './postgres-engine.ts';
import { SqliteEngine } from './sqlite-engine.ts';
import { type DatabaseUrl, parseDatabaseUrl } from './url.ts';

/** Whether the code that runs is inside a transaction's callback; closed when the callback has ended. */
export interface TransactionScope {
  isOpen: boolean;
}

export interface SharedEngine {
  readonly engine: Engine;
  readonly scopes: AsyncLocalStorage<TransactionScope>;
  /** Closes the engine when its last user has gone. Idempotent. */
  release(): Promise<void>;
}

interface Entry {
  engine: Promise<Engine>;
  scopes: AsyncLocalStorage<TransactionScope>;
  users: number;
}

const open = new Map<string, Entry>();

/** The engine for a URL, one per process (each `:memory:` is a database of its own). */
export async function acquireEngine(url: string, options: EngineOptions): Promise<SharedEngine> {
  const parsed = parseDatabaseUrl(url, options.service);
  const key = engineKey(parsed, url, options);
  let entry = open.get(key);
  if (!entry) {
    entry = { engine: openEngine(parsed, options), scopes: new AsyncLocalStorage(), users: 0 };
    open.set(key, entry);
  }
  entry.users += 1;
  try {
    return shared(key, entry, await entry.engine);
  } catch (error) {
    if (open.get(key) === entry) open.delete(key);
    throw error;
  }
}

function shared(key: string, entry: Entry, engine: Engine): SharedEngine {
  let isReleased = false;
  return {
    engine,
    scopes: entry.scopes,
    async release() {
      if (isReleased) return;
      isReleased = true;
      entry.users -= 1;
      if (entry.users > 0) return;
      open.delete(key);
      await engine.close();
    },
  };
}

async function openEngine(url: DatabaseUrl, options: EngineOptions): Promise<Engine> {
  const engine =
    url.dialect === 'sqlite'
      ? new SqliteEngine(url.path, options)
      : new PooledEngine(await poolOf(url, options), options);
  try {
    await engine.open();
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function poolOf(url: Exclude<DatabaseUrl, { dialect: 'sqlite' }>, options: EngineOptions) {
  if (url.dialect === 'mysql') return mysqlPool(url.server, options);
  const onIdleError = (err: Error) => void options.log.warn({ err }, 'a connection to the database was lost');
  return postgresPool(url.server, { ...options, onIdleError });
}

let memoryCount = 0;

function engineKey(parsed: DatabaseUrl, url: string, options: EngineOptions): string {
  const mode = options.readonly ? 'r' : 'w';
  if (parsed.dialect !== 'sqlite') return `${mode} ${url}`;
  if (parsed.path === ':memory:') {
    memoryCount += 1;
    return `memory ${memoryCount}`;
  }
  return `${mode} ${realPath(resolve(parsed.path))}`;
}

/** Two names of one file must share its engine; the file itself may not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return join(realpathSync(dirname(path)), basename(path));
  }
}
