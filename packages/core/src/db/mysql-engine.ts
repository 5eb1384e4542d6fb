import type { PoolConnection, PoolOptions, ResultSetHeader } from 'mysql2';
import { TLS_FLOOR } from '../tls/index.ts';
import type { Result, Session } from './engine.ts';
import { databaseMissing } from './errors.ts';
import { type Pool, type PooledConnection, rawSql } from './pooled-engine.ts';
import type { ServerUrl } from './url.ts';

/**
 * Byte-wise collations, best first: those of the first two do not pad with spaces, as SQLite and PostgreSQL do not.
 * Where OpenStack compares without regard to case (names of users, say), that is the service's matter.
 */
const COLLATIONS = ['utf8mb4_nopad_bin', 'utf8mb4_0900_bin', 'utf8mb4_bin'];
const MIGRATION_LOCK_SECONDS = 120;

/** MariaDB and MySQL through mysql2, which is loaded only when it is needed. */
export async function mysqlPool(url: ServerUrl, options: { service: string; readonly: boolean }): Promise<Pool> {
  const mysql = await import('mysql2');
  const config = connectionOptions(url);
  const pool = mysql.createPool({
    ...config,
    database: url.database,
    connectionLimit: url.poolSize,
    maxIdle: 2,
    idleTimeout: 60_000,
  });
  const prepared = new WeakSet<PoolConnection>();

  return {
    dialect: 'mysql',
    async connect() {
      const raw = await new Promise<PoolConnection>((resolve, reject) => {
        pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
      });
      const connection = pooled(raw);
      if (prepared.has(raw)) return connection;
      try {
        for (const statement of sessionSettings(options.readonly)) await connection.query(statement, []);
      } catch (error) {
        connection.release(true);
        throw error;
      }
      prepared.add(raw);
      return connection;
    },
    async createDatabase() {
      const raw = mysql.createConnection(config);
      // Its queries tell; a connection that breaks between them must not end the process.
      raw.on('error', () => {});
      try {
        const collation = await bestCollation(raw);
        const name = mysql.escapeId(url.database, true);
        await query(raw, `create database if not exists ${name} character set utf8mb4 collate ${collation}`, []);
      } catch (cause) {
        throw databaseMissing({ database: url.database, service: options.service }, { cause });
      } finally {
        raw.destroy();
      }
    },
    lockMigrations,
    close: () => new Promise((resolve, reject) => pool.end((error) => (error ? reject(error) : resolve()))),
  };
}

function connectionOptions(url: ServerUrl): PoolOptions {
  return {
    host: url.host,
    port: url.port ?? 3306,
    socketPath: url.socketPath,
    user: url.user,
    password: url.password,
    ssl: url.tls && { ...TLS_FLOOR, ...url.tls },
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: 10_000,
    enableKeepAlive: true,
    supportBigNumbers: true,
    decimalNumbers: true,
    dateStrings: true,
    stringifyObjects: true,
  };
}

/** `sql_mode` and isolation are ours, whatever the server's defaults are; escaping by mysql2 relies on the mode. */
function sessionSettings(readonly: boolean): string[] {
  return [
    "set session sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 15, foreign_key_checks = 1",
    'set session transaction isolation level read committed',
    ...(readonly ? ['set session transaction read only'] : []),
  ];
}

function pooled(raw: PoolConnection): PooledConnection {
  return {
    query: (sql, parameters) => query(raw, sql, parameters),
    release: (broken) => (broken ? raw.destroy() : raw.release()),
  };
}

type Queryable = Pick<PoolConnection, 'query'>;

function query(raw: Queryable, sql: string, parameters: unknown[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    raw.query(sql, parameters, (error: Error | null, result: unknown) => {
      if (error) return reject(error);
      if (Array.isArray(result)) return resolve({ rows: result });
      const { affectedRows, changedRows, insertId } = result as ResultSetHeader;
      resolve({
        rows: [],
        numAffectedRows: BigInt(affectedRows),
        numChangedRows: BigInt(changedRows ?? 0),
        insertId: insertId ? BigInt(insertId) : undefined,
      });
    });
  });
}

/** The named lock belongs to the connection, so a starter that dies gives it up. DDL commits by itself in MySQL. */
async function lockMigrations(session: Session) {
  const held = await session.execute(
    rawSql("select get_lock(concat('kumo:', database()), ?) as got", [MIGRATION_LOCK_SECONDS]),
  );
  if ((held.rows[0] as { got: number | null }).got !== 1) {
    throw new Error(`Another process has been migrating this database for ${MIGRATION_LOCK_SECONDS} s`);
  }
  const unlock = async () => void (await session.execute(rawSql("select release_lock(concat('kumo:', database()))")));
  return { finish: unlock, abort: unlock };
}

async function bestCollation(connection: Queryable): Promise<string> {
  const { rows } = await query(connection, COLLATION_QUERY, []);
  return bestOf(rows);
}

const COLLATION_QUERY =
  "select collation_name as name from information_schema.collations where character_set_name = 'utf8mb4'";

function bestOf(rows: readonly unknown[]): string {
  const known = new Set(rows.map((row) => (row as { name: string }).name));
  return COLLATIONS.find((name) => known.has(name)) ?? 'utf8mb4_bin';
}

/** The collation that new tables are given, asked over a session of the engine. */
export async function tableCollation(session: Session): Promise<string> {
  return bestOf((await session.execute(rawSql(COLLATION_QUERY))).rows);
}
