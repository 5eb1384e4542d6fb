import { appendFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One answer that a test has seen, as `kumo api coverage` reads it: a line of JSON. */
export interface RecordedCall {
  readonly method: string;
  /** Without the query; what looks like an id is `{}`. */
  readonly path: string;
  readonly status: number;
  /** What tells operations of one method and path apart: an action's name, the methods of a login. */
  readonly kind?: string;
}

/** Ids of OpenStack: UUIDs with and without dashes, numbers, and ids of directories' users. */
const ID = /^(?:[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|[0-9a-f]{64}|\d+)$/i;
const written = new Set<string>();
let file: string | undefined;

/**
 * Notes one answer below the directory that `KUMO_API_RECORD` names, in a file of the running test file's own; without that
 * variable it does nothing. Harnesses call it for each injected request. Nothing of a body or a header is kept but `kind`.
 */
export function recordCall(call: { method: string; url: string; status: number; body?: unknown; kind?: string }): void {
  const directory = process.env.KUMO_API_RECORD;
  if (!directory) return;
  const path = routeOf(call.url);
  const kind = call.kind ?? (path.endsWith('/action') ? actionOf(call.body) : undefined);
  const line = JSON.stringify({ method: call.method, path, status: call.status, kind } satisfies RecordedCall);
  if (written.has(line)) return;
  written.add(line);
  if (!file) {
    mkdirSync(directory, { recursive: true });
    file = join(directory, `${basename(process.argv[1] ?? 'unknown')}.jsonl`);
  }
  appendFileSync(file, `${line}\n`);
}

/** The path of a URL with its ids taken out. */
export function routeOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]+/, '').split('?', 1)[0] as string;
  const segments = path.split('/').map((segment) => (ID.test(segment) ? '{}' : segment));
  const joined = segments.join('/');
  return joined.length > 1 && joined.endsWith('/') ? joined.slice(0, -1) : joined;
}

function actionOf(body: unknown): string | undefined {
  const parsed: unknown = typeof body === 'string' ? tryParse(body) : body;
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const keys = Object.keys(parsed);
  return keys.length === 1 ? keys[0] : undefined;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A test that sends broken JSON names no action.
    return undefined;
  }
}
