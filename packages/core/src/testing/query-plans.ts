/**
 * Whether lists are answered from indexes: the statements that requests make are recorded, and SQLite says how it would
 * run each. What it says on empty tables it does on full ones, too (there are no statistics).
 */
import { DatabaseSync } from 'node:sqlite';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TSchema } from 'typebox';
import type { OperationSpec } from '../http/operation.ts';
import { currentTraceparent, withSpan } from '../trace/index.ts';

const LONGEST = 1_000;

/** Records the statements of what runs in `during`. One per process: it registers the process's tracer. */
export class StatementRecorder {
  readonly #exporter = new InMemorySpanExporter();

  constructor() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const spanProcessors = [new SimpleSpanProcessor(this.#exporter)];
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors }));
  }

  /**
   * The different selects, in the order in which they were first made. `headers` make a request one of those recorded.
   * @throws for one too long to be recorded whole.
   */
  async during(work: (headers: Readonly<Record<string, string>>) => Promise<unknown>): Promise<string[]> {
    return [...new Set((await this.all(work)).filter((text) => /^\s*(select|with)\b/i.test(text)))];
  }

  /** All statements, those that write too, in the order in which they ended. @throws as `during` */
  async all(work: (headers: Readonly<Record<string, string>>) => Promise<unknown>): Promise<string[]> {
    this.#exporter.reset();
    const root = { kind: 'internal', from: 'test', to: 'test', attributes: { 'kumo.sample': true } } as const;
    await withSpan('queries', root, () => work({ 'x-kumo-from': 'test', traceparent: currentTraceparent() ?? '' }));
    const texts = this.#exporter.getFinishedSpans().map((span) => String(span.attributes['db.query.text'] ?? ''));
    const long = texts.find((text) => text.length >= LONGEST);
    if (long) throw new Error(`This statement was cut off: ${long}`);
    return texts.filter((text) => text !== '');
  }
}

/** What in a statement's plan grows with the table: reading all of it, or sorting all that matches before the first row. */
export function growingSteps(databasePath: string, statement: string): string[] {
  const database = new DatabaseSync(databasePath, { readOnly: true });
  try {
    const steps = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
    const isUnfiltered = !/\bwhere\b/i.test(statement);
    // What is shown as a whole may be sorted as a whole.
    const isPage = /\blimit\b/i.test(statement);
    return steps
      .map(({ detail }) => detail)
      .filter((detail) => {
        // A page of everything is the beginning of an index.
        if (/^SCAN \S+ USING (COVERING )?INDEX/.test(detail)) return !isUnfiltered;
        return (
          /^SCAN (?!CONSTANT|\(|above\b|below\b)/.test(detail) ||
          (isPage && /USE TEMP B-TREE FOR ORDER BY/.test(detail))
        );
      });
  } finally {
    database.close();
  }
}

/** The columns of some that a statement compares with a value, but does not look up in an index. */
export function columnsNotLookedUp(databasePath: string, statement: string, columns: readonly string[]): string[] {
  const database = new DatabaseSync(databasePath, { readOnly: true });
  try {
    const steps = database.prepare(`explain query plan ${statement}`).all() as { detail: string }[];
    const plan = steps.map(({ detail }) => detail).join('\n');
    return columns.filter(
      (column) => new RegExp(`"${column}" (?:=|in \\() ?\\?`).test(statement) && !plan.includes(`${column}=?`),
    );
  } finally {
    database.close();
  }
}

interface Listing extends Pick<OperationSpec, 'name' | 'method' | 'path'> {
  readonly query?: TSchema;
}

/**
 * One URL for each filter of each list operation: those whose query takes `limit`.
 * @param sample what stands for `{project_id}` and the like in a path, and what a filter asks for.
 */
export function listUrls(
  operations: readonly Listing[],
  sample: (parameter: string) => string,
): { operation: string; filter: string; url: string }[] {
  const lists = operations.filter(({ method, query }) => method === 'GET' && 'limit' in propertiesOf(query));
  return lists.flatMap(({ name, path, query }) => {
    const url = path.replace(/\{(\w+)\}/g, (_, parameter: string) => sample(parameter));
    const filters = Object.keys(propertiesOf(query)).filter((key) => key !== 'limit' && key !== 'marker');
    return ['', ...filters].map((filter) => ({
      operation: name,
      filter,
      url: `${url}?limit=2${filter === '' ? '' : `&${encodeURIComponent(filter)}=${encodeURIComponent(sample(filter))}`}`,
    }));
  });
}

function propertiesOf(schema: TSchema | undefined): Record<string, TSchema> {
  return (schema as { properties?: Record<string, TSchema> } | undefined)?.properties ?? {};
}
