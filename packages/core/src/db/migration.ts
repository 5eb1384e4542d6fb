import type { CompiledQuery, DatabaseConnection, Kysely, SchemaModule } from 'kysely';
import type { Logger } from '../log/index.ts';
import { type Columns, columnsOf } from './columns.ts';
import type { Engine, Result, Session } from './engine.ts';
import { databaseNewer } from './errors.ts';
import { failureOf } from './failure.ts';
import { kyselyOn } from './kysely-adapter.ts';
import { migrationPlugin } from './migration-plugin.ts';
import { tableCollation } from './mysql-engine.ts';
import { rawSql } from './pooled-engine.ts';
import { nowIso } from './time.ts';

/** A query builder without a schema, for filling tables in a migration. */
export type UntypedQueries = Kysely<Record<string, Record<string, unknown>>>;

export interface Migration {
  readonly name: string;
  up(schema: SchemaModule, columns: Columns, q: UntypedQueries): Promise<void>;
}

/**
 * One step forward of a service's tables; there is no way back. Once released, never edited: add another. Names are
 * recorded and run in the list's order (`0001-initial`, `0002-…`).
 *
 * `.references('servers.id')` on a column becomes a named foreign key on all databases. On MySQL DDL cannot be rolled
 * back: a migration that was cut off is run again, and what is there already is passed over, so fill tables with
 * `insertIgnore`.
 */
export function migration(name: string, up: Migration['up']): Migration {
  return { name, up };
}

interface MigrationTable {
  kumo_migrations: { service: string; name: string; applied_at: string | null };
}

interface MigrateOptions {
  service: string;
  migrations: readonly Migration[];
  log: Logger;
  readonly: boolean;
}

/** Runs what is pending, under a lock; refuses a database that knows migrations which this code does not. */
export async function migrate(engine: Engine, options: MigrateOptions): Promise<void> {
  const { service, migrations, readonly } = options;
  const names = migrations.map(({ name }) => name);
  if (new Set(names).size < names.length)
    throw new Error(`Two migrations of ${service} have the same name: ${names.join(', ')}`);
  const q = kyselyOn<MigrationTable>(engine.dialect, {
    provideConnection: (consumer) =>
      consumer({ executeQuery: (query) => engine.run(query, true) } as DatabaseConnection),
  });
  if (await hasTable(q, engine)) {
    const applied = await appliedOf(q, service);
    refuseNewer(service, names, applied);
    if (names.every((name) => applied.get(name))) return;
  }
  if (readonly) return;
  await migrateLocked(engine, options);
}

async function migrateLocked(engine: Engine, options: MigrateOptions): Promise<void> {
  const { service, migrations, log } = options;
  const session = await engine.session();
  let isBroken = true;
  try {
    const lock = await engine.lockMigrations(session);
    try {
      const context = await migrationContext(engine, session);
      await createTable(context.plain);
      const applied = await appliedOf(context.recorded, service);
      // Another starter may have been here, a newer one too, between the first look and the lock.
      refuseNewer(
        service,
        migrations.map(({ name }) => name),
        applied,
      );
      for (const one of migrations) {
        if (applied.get(one.name)) continue;
        log.info({ migration: one.name, service }, 'migrating the database');
        await apply(one, context, { service, wasCutOff: applied.has(one.name) });
      }
      await lock.finish();
    } catch (error) {
      if (failureOf(error) !== 'lost') await lock.abort();
      throw error;
    }
    isBroken = false;
  } finally {
    session.release(isBroken);
  }
}

interface MigrationContext {
  engine: Engine;
  columns: Columns;
  recorded: Kysely<MigrationTable>;
  plain: UntypedQueries;
  /** Passes over what exists already. */
  resuming: UntypedQueries;
}

async function migrationContext(engine: Engine, session: Session): Promise<MigrationContext> {
  const { dialect } = engine;
  const plugin = migrationPlugin(dialect === 'mysql' ? await tableCollation(session) : undefined);
  const on = <Schema>(executeQuery: (query: CompiledQuery) => Promise<Result>) =>
    kyselyOn<Schema>(dialect, { provideConnection: (consumer) => consumer({ executeQuery } as DatabaseConnection) });
  const tolerant = async (query: CompiledQuery): Promise<Result> => {
    try {
      return await session.execute(query);
    } catch (error) {
      if (failureOf(error) === 'exists') return { rows: [] };
      throw error;
    }
  };
  return {
    engine,
    columns: columnsOf(dialect),
    recorded: on<MigrationTable>((query) => session.execute(query)),
    plain: on<Record<string, Record<string, unknown>>>((query) => session.execute(query)).withPlugin(plugin),
    resuming: on<Record<string, Record<string, unknown>>>(tolerant).withPlugin(plugin),
  };
}

/** On MySQL the row is written before the work, without a time: that is how a migration that was cut off is known. */
async function apply(
  one: Migration,
  context: MigrationContext,
  state: { service: string; wasCutOff: boolean },
): Promise<void> {
  const { recorded, columns, engine } = context;
  const { service, wasCutOff } = state;
  if (!wasCutOff)
    await recorded.insertInto('kumo_migrations').values({ service, name: one.name, applied_at: null }).execute();
  const q = wasCutOff && engine.dialect === 'mysql' ? context.resuming : context.plain;
  await one.up(q.schema, columns, q);
  await recorded
    .updateTable('kumo_migrations')
    .set({ applied_at: nowIso() })
    .where('service', '=', service)
    .where('name', '=', one.name)
    .execute();
}

async function createTable(q: UntypedQueries): Promise<void> {
  await q.schema
    .createTable('kumo_migrations')
    .ifNotExists()
    .addColumn('service', 'varchar(64)', (column) => column.notNull())
    .addColumn('name', 'varchar(128)', (column) => column.notNull())
    .addColumn('applied_at', 'varchar(32)')
    .addPrimaryKeyConstraint('kumo_migrations_pk', ['service', 'name'])
    .execute();
}

async function appliedOf(q: Kysely<MigrationTable>, service: string): Promise<Map<string, string | null>> {
  const rows = await q
    .selectFrom('kumo_migrations')
    .select(['name', 'applied_at'])
    .where('service', '=', service)
    .execute();
  return new Map(rows.map((row) => [row.name, row.applied_at]));
}

async function hasTable(q: Kysely<MigrationTable>, engine: Engine): Promise<boolean> {
  const catalogue = {
    sqlite: "select 1 from sqlite_master where type = 'table' and name = 'kumo_migrations'",
    mysql: "select 1 from information_schema.tables where table_schema = database() and table_name = 'kumo_migrations'",
    postgres:
      "select 1 from information_schema.tables where table_schema = current_schema() and table_name = 'kumo_migrations'",
  }[engine.dialect];
  return (await q.executeQuery(rawSql(catalogue))).rows.length > 0;
}

function refuseNewer(service: string, names: readonly string[], applied: ReadonlyMap<string, string | null>): void {
  const unknown = [...applied.keys()].find((name) => !names.includes(name));
  if (unknown) throw databaseNewer({ service, migration: unknown });
}
