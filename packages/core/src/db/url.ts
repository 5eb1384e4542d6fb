import { readFileSync } from 'node:fs';
import { databaseUrlInvalid } from './errors.ts';

export interface ServerUrl {
  user: string;
  password: string;
  host: string;
  port: number | undefined;
  /** A UNIX socket (MySQL) or the directory that holds it (PostgreSQL), in place of host and port. */
  socketPath: string | undefined;
  database: string;
  poolSize: number;
  tls: { rejectUnauthorized: true; ca?: string } | undefined;
}

export type DatabaseUrl = { dialect: 'sqlite'; path: string } | { dialect: 'mysql' | 'postgres'; server: ServerUrl };

const DIALECTS: Record<string, 'mysql' | 'postgres'> = {
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
};

/**
 * `sqlite:/path/to.db`, `sqlite::memory:`, `mysql://user:password@host:3306/name`, `postgres://…`. After `?`:
 * `socket=` (a path), `pool=` (connections at most, default 10), `tls=true`, `ca=` (a PEM file; implies tls).
 *
 * @throws databaseUrlInvalid, without the URL itself, because it holds a password.
 */
export function parseDatabaseUrl(url: string, service: string): DatabaseUrl {
  const wrong = (reason: string) => databaseUrlInvalid({ service, reason });
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (!path) throw wrong('sqlite: needs a path, or :memory:');
    return { dialect: 'sqlite', path };
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const dialect = parsed && DIALECTS[parsed.protocol];
  if (!parsed || !dialect) throw wrong('it must begin with sqlite:, mysql:// or postgres://');
  const { searchParams } = parsed;
  const unknown = [...searchParams.keys()].find((key) => !['socket', 'pool', 'tls', 'ca'].includes(key));
  if (unknown) throw wrong(`"${unknown}" is not an option (socket, pool, tls and ca are)`);
  const database = decodeURIComponent(parsed.pathname.slice(1));
  if (!database || database.includes('/')) throw wrong('it must end with the name of a database');
  const poolSize = Number(searchParams.get('pool') ?? 10);
  if (!Number.isInteger(poolSize) || poolSize < 1 || poolSize > 1000) throw wrong('pool must be from 1 to 1000');
  const ca = searchParams.get('ca');
  const tls = searchParams.get('tls') ?? String(Boolean(ca));
  // A spelling that meant "no" here and "yes" to its writer would send the password in the clear.
  if (tls !== 'true' && (tls !== 'false' || ca)) throw wrong('tls must be true, or without ca false');
  const server: ServerUrl = {
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    host: parsed.hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: parsed.port ? Number(parsed.port) : undefined,
    socketPath: searchParams.get('socket') ?? undefined,
    database,
    poolSize,
    tls: tls === 'true' ? { rejectUnauthorized: true, ...(ca ? { ca: readFileSync(ca, 'utf8') } : {}) } : undefined,
  };
  return { dialect, server };
}
