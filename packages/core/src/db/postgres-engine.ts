import type { ClientConfig, PoolClient, QueryArrayResult, QueryResult } from 'pg';
import { TLS_FLOOR } from '../tls/index.ts';
import type { Result, Session } from './engine.ts';
import { databaseMissing } from './errors.ts';
import { failureOf } from './failure.ts';
import { type Pool, type PooledConnection, rawSql } from './pooled-engine.ts';
import type { ServerUrl } from './url.ts';

/** int8 and numeric: counts and sums, which arrive as text because they might not fit into a number; ours do. */
const NUMBERS = new Set([20, 1700]);
/** 'kumo' as a number; advisory locks are per database. */
const MIGRATION_LOCK = 0x6b756d6f;

/** PostgreSQL through pg, which is loaded only when it is needed. */
export async function postgresPool(
  url: ServerUrl,
  options: { service: string; readonly: boolean; onIdleError(error: Error): void },
): Promise<Pool> {
  const { default: pg } = await import('pg');
  const config: ClientConfig = {
    host: url.socketPath ?? url.host,
    port: url.port ?? 5432,
    user: url.user,
    password: url.password,
    ssl: url.tls && { ...TLS_FLOOR, ...url.tls },
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        NUMBERS.has(oid) ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
  const pool = new pg.Pool({ ...config, database: url.database, max: url.poolSize, idleTimeoutMillis: 60_000 });
  pool.on('error', options.onIdleError);
  const prepared = new WeakSet<PoolClient>();

  return {
    dialect: 'postgres',
    async connect() {
      const client = await pool.connect();
      const connection = pooled(client);
      if (prepared.has(client)) return connection;
      // Errors of a connection that is in use reach its statement; without a listener they would end the process too.
      client.on('error', options.onIdleError);
      try {
        await connection.query(sessionSettings(options.readonly), []);
      } catch (error) {
        connection.release(true);
        throw error;
      }
      prepared.add(client);
      return connection;
    },
    async createDatabase() {
      const client = new pg.Client({ ...config, database: 'postgres' });
      try {
        await client.connect();
        const name = client.escapeIdentifier(url.database);
        await client.query(`create database ${name} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0`);
      } catch (cause) {
        // Another starter was faster: it exists, or is being made (a unique violation in the catalogue).
        const code = (cause as { code?: string }).code;
        if (code !== '42P04' && failureOf(cause) !== 'unique') {
          throw databaseMissing({ database: url.database, service: options.service }, { cause });
        }
      } finally {
        await client.end();
      }
    },
    lockMigrations,
    close: () => pool.end(),
  };
}

function sessionSettings(readonly: boolean): string {
  const settings =
    "set lock_timeout = '15s'; set session characteristics as transaction isolation level read committed";
  return readonly ? `${settings}, read only` : settings;
}

function pooled(client: PoolClient): PooledConnection {
  return {
    query: async (sql, parameters) => resultOf(await client.query(sql, parameters.length > 0 ? parameters : undefined)),
    release: (broken) => client.release(broken),
  };
}

function resultOf(result: QueryResult | QueryArrayResult): Result {
  // Several statements in one string (session settings) give an array, which nobody reads.
  if (Array.isArray(result)) return { rows: [] };
  const { command, rowCount, rows } = result;
  const isChange = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE';
  return { rows, numAffectedRows: isChange ? BigInt(rowCount ?? 0) : undefined };
}

/** All pending migrations are one transaction: PostgreSQL rolls DDL back. */
async function lockMigrations(session: Session) {
  await session.begin();
  await session.execute(rawSql("set local lock_timeout = '120s'"));
  await session.execute(rawSql('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]));
  return { finish: () => session.commit(), abort: () => session.rollback() };
}
