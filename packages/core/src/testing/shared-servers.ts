import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { startMariadb, startPostgres } from './databases.ts';

export type Engine = 'mariadb' | 'postgres';

/** Databases on a server that tests may neither stop nor restart: it can be the whole run's. */
export interface DatabaseServer {
  /** The URL of a service's database, which `openDatabase` makes when it does not exist. */
  url(service: string): string;
  /** Removes these databases, and the server where it is nobody else's. */
  stop(): Promise<void>;
}

const ENGINES = {
  mariadb: { variable: 'KUMO_TEST_MARIADB', start: startMariadb, drop: dropMariadb },
  postgres: { variable: 'KUMO_TEST_POSTGRES', start: startPostgres, drop: dropPostgres },
} as const;

/**
 * Databases of one's own: on the run's server, which `npm test` names in the environment, else on a private one, which takes
 * seconds to start.
 */
export async function databaseServer(engine: Engine): Promise<DatabaseServer> {
  const { variable, start, drop } = ENGINES[engine];
  const base = process.env[variable];
  if (!base) return start();
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const made = new Set<string>();
  return {
    url(service) {
      const name = `${prefix}_${service}`;
      made.add(name);
      return `${base}${name}`;
    },
    stop: () => drop(base, made),
  };
}

/** What `npm test` tells the tests of the servers that it started. */
export function serverVariables(urls: Readonly<Record<Engine, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(urls).map(([engine, url]) => [ENGINES[engine as Engine].variable, url]));
}

async function dropMariadb(base: string, names: ReadonlySet<string>): Promise<void> {
  const connection = await createConnection(base);
  try {
    for (const name of names) await connection.query(`drop database if exists \`${name}\``);
  } finally {
    await connection.end();
  }
}

async function dropPostgres(base: string, names: ReadonlySet<string>): Promise<void> {
  const client = new Client({ connectionString: `${base}postgres` });
  await client.connect();
  try {
    for (const name of names) await client.query(`drop database if exists "${name}" with (force)`);
  } finally {
    await client.end();
  }
}
