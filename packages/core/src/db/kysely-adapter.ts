import {
  type ConnectionProvider,
  DefaultQueryExecutor,
  type Dialect,
  type Driver,
  Kysely,
  type LimitNode,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type OrderByItemNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type RawNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
  ValueNode,
} from 'kysely';
import type { DialectName } from './engine.ts';

/**
 * Kysely compiles; our engines connect. Kysely's own drivers are not used, because a statement's routing, retries,
 * spans and the refusal of `db.q` inside a transaction all belong to the moment in which it asks for a connection.
 */
const parts = {
  sqlite: {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new PortableSqliteCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createDriver: () => refusingDriver,
  },
  mysql: {
    createAdapter: () => new MysqlAdapter(),
    createQueryCompiler: () => new PortableMysqlCompiler(),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createDriver: () => refusingDriver,
  },
  postgres: {
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PortablePostgresCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => refusingDriver,
  },
} satisfies Record<DialectName, Dialect>;

/** A query builder whose statements go to `provider`. */
export function kyselyOn<Schema>(dialect: DialectName, provider: ConnectionProvider): Kysely<Schema> {
  return new Kysely<Schema>(props(dialect, provider));
}

/** The same, as the type that a transaction's callback is given. */
export function transactionOn<Schema>(dialect: DialectName, provider: ConnectionProvider): Transaction<Schema> {
  return new Transaction<Schema>(props(dialect, provider));
}

/** Which database a `db.q` or `tx` speaks to. */
export function dialectOf<Schema>(q: Kysely<Schema>): DialectName {
  const { adapter } = q.getExecutor();
  if (adapter instanceof SqliteAdapter) return 'sqlite';
  return adapter instanceof MysqlAdapter ? 'mysql' : 'postgres';
}

function props(dialectName: DialectName, provider: ConnectionProvider) {
  const dialect = parts[dialectName];
  const compiler: QueryCompiler = compilers[dialectName];
  const executor = new DefaultQueryExecutor(compiler, adapters[dialectName], provider);
  return { config: { dialect }, dialect, driver: refusingDriver, executor };
}

const refuse = async (): Promise<never> => {
  throw new Error("Use db.transaction() and db.close() of @kumo/core/db, not Kysely's own");
};
const refusingDriver: Driver = {
  init: refuse,
  acquireConnection: refuse,
  beginTransaction: refuse,
  commitTransaction: refuse,
  rollbackTransaction: refuse,
  releaseConnection: refuse,
  destroy: refuse,
};

function refuseReturning(): never {
  throw new Error('RETURNING is not portable (MySQL has none): make ids before inserting, and select after updating');
}

class PortableSqliteCompiler extends SqliteQueryCompiler {
  protected override visitReturning(): void {
    refuseReturning();
  }

  /** As a number in the text: SQLite plans by it, and so would make the whole statement anew each time one is bound. */
  protected override visitLimit(node: LimitNode): void {
    const { limit } = node;
    if (ValueNode.is(limit) && Number.isSafeInteger(limit.value)) this.append(`limit ${limit.value}`);
    else super.visitLimit(node);
  }
}

class PortablePostgresCompiler extends PostgresQueryCompiler {
  protected override visitReturning(): void {
    refuseReturning();
  }
}

/** MySQL has no `NULLS FIRST`: NULLs are its smallest values, and another order takes a further sort key. */
class PortableMysqlCompiler extends MysqlQueryCompiler {
  protected override visitReturning(): void {
    refuseReturning();
  }

  protected override visitOrderByItem(node: OrderByItemNode): void {
    const { nulls, ...plain } = node;
    const isDescending = node.direction?.kind === 'RawNode' && (node.direction as RawNode).sqlFragments[0] === 'desc';
    if (nulls && (nulls === 'first') === isDescending) {
      this.visitNode(node.orderBy);
      this.append(nulls === 'first' ? ' is null desc, ' : ' is null, ');
    }
    super.visitOrderByItem(plain);
  }
}

const compilers = {
  sqlite: new PortableSqliteCompiler(),
  mysql: new PortableMysqlCompiler(),
  postgres: new PortablePostgresCompiler(),
} satisfies Record<DialectName, QueryCompiler>;
const adapters = { sqlite: new SqliteAdapter(), mysql: new MysqlAdapter(), postgres: new PostgresAdapter() };
