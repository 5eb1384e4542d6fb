import type { RecordedCall } from '../../../core/src/testing/api-record.ts';
import type { Inventory, InventoryOperation, Step } from './inventory.ts';

/** What `kumo api coverage --json` prints. */
export interface Coverage {
  readonly service: string;
  readonly in_scope: number;
  readonly covered: number;
  readonly missing: readonly { method: string; path: string; group: string; summary: string; wants: string }[];
  readonly left_out: readonly { method: string; path: string; summary: string; reason: string }[];
}

/**
 * Which operations of an inventory were seen to succeed. An answer counts for the one template that fits its path best, as a
 * router would have it: `/v3/limits/model` is never a `/v3/limits/{limit_id}`.
 */
export function coverageOf(inventory: Inventory, calls: readonly RecordedCall[]): Coverage {
  const { operations, leftOut } = inventory;
  const templates = [...new Set([...operations, ...leftOut].map(({ path }) => path))].map(templateOf);
  const seen = new Map<string, RecordedCall[]>();
  for (const call of calls) {
    const path = inventory.projectIsOptional ? call.path.replace(/^(\/v\d+)\/\{\}(?=\/)/, '$1') : call.path;
    const template = bestOf(templates, path.split('/'));
    if (template === undefined) continue;
    const key = `${call.method} ${template}`;
    const known = seen.get(key);
    if (known) known.push(call);
    else seen.set(key, [call]);
  }
  const unmet = (operation: InventoryOperation) => {
    const answers = seen.get(`${operation.method} ${templateOf(operation.path).path}`) ?? [];
    return operation.steps.filter((step) => !answers.some((answer) => meets(step, answer)));
  };
  const missing = operations
    .map((operation) => ({ operation, lacking: unmet(operation) }))
    .filter(({ lacking }) => lacking.length > 0)
    .map(({ operation: { method, path, group, summary }, lacking }) => ({
      method,
      path,
      group,
      summary,
      wants: lacking.map(wants).join(', and '),
    }));
  return {
    service: inventory.service,
    in_scope: operations.length,
    covered: operations.length - missing.length,
    missing,
    left_out: leftOut.map(({ method, path, summary, reason }) => ({ method, path, summary, reason })),
  };
}

interface Template {
  /** Without the placeholders' names: documents and code call them differently. */
  readonly path: string;
  readonly segments: readonly string[];
}

function templateOf(path: string): Template {
  const bare = path.replace(/\{[^}]*\}/g, '{}');
  return { path: bare, segments: bare.split('/') };
}

/** The template with a literal where others have a placeholder, from the left. */
function bestOf(templates: readonly Template[], path: readonly string[]): string | undefined {
  const fits = templates.filter(
    ({ segments }) =>
      segments.length === path.length &&
      segments.every((segment, i) => segment === path[i] || (segment === '{}' && path[i] !== '')),
  );
  const rank = ({ segments }: Template) => segments.map((segment) => (segment === '{}' ? '1' : '0')).join('');
  return fits.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]?.path;
}

function meets({ success, kinds }: Step, { status, kind = '' }: RecordedCall): boolean {
  if (!success.includes(status)) return false;
  const words = kind.split(' ');
  return kinds === undefined || kinds.some((wanted) => wanted.split(' ').every((word) => words.includes(word)));
}

function wants({ success, kinds }: Step): string {
  return `${success.join(' or ')}${kinds ? ` (${kinds.join('; ')})` : ''}`;
}
