import { trace } from '@opentelemetry/api';
import { type CompiledQuery, IdentifierNode, type OperationNode, TableNode } from 'kysely';
import { withSpan } from '../trace/index.ts';

const VERBS: Partial<Record<OperationNode['kind'], string>> = {
  SelectQueryNode: 'SELECT',
  InsertQueryNode: 'INSERT',
  UpdateQueryNode: 'UPDATE',
  DeleteQueryNode: 'DELETE',
};

/** True for a statement that may be sent again without harm, and that SQLite's reading connection can answer. */
export function isRead(query: CompiledQuery): boolean {
  const node = query.query;
  if (node.kind === 'SelectQueryNode') {
    return !node.with || node.with.expressions.every(({ expression }) => expression.kind === 'SelectQueryNode');
  }
  return node.kind === 'RawNode' && /^\s*select\b/i.test(query.sql);
}

/** `SELECT volumes`; the first table only. Made when a span records it, not for every statement. */
export function statementName(query: CompiledQuery): string {
  const verb = VERBS[query.query.kind];
  if (!verb) return query.sql.trimStart().split(/[\s(]/, 1)[0]!.toUpperCase();
  const table = firstTable(query.query);
  return table ? `${verb} ${table}` : verb;
}

function firstTable(node: OperationNode): string | undefined {
  if (TableNode.is(node)) return node.table.identifier.name;
  if (IdentifierNode.is(node)) return undefined;
  const {
    into,
    table,
    from,
    froms,
    node: inner,
  } = node as unknown as Record<string, OperationNode | readonly OperationNode[] | undefined>;
  const next = into ?? table ?? from ?? froms ?? inner;
  const first = Array.isArray(next) ? next[0] : next;
  return first && firstTable(first as OperationNode);
}

export interface SqlParties {
  from: string;
  to: string;
}

/** Runs a statement as a `sql` span, when the trace around it is being recorded at all. */
export function traced<T>(query: CompiledQuery, parties: SqlParties, work: () => Promise<T>): Promise<T> {
  if (!trace.getActiveSpan()?.isRecording()) return work();
  const attributes = { 'db.query.text': query.sql.slice(0, 1000) };
  return withSpan(statementName(query), { kind: 'sql', ...parties, attributes }, work);
}

/** The same for BEGIN, COMMIT and ROLLBACK. */
export function tracedCommand<T>(name: string, parties: SqlParties, work: () => Promise<T>): Promise<T> {
  return trace.getActiveSpan()?.isRecording() ? withSpan(name, { kind: 'sql', ...parties }, work) : work();
}
