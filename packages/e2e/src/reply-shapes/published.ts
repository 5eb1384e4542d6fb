import { readFileSync } from 'node:fs';
import type { Operation } from '@kumo/core/http';
import type { FactService } from '../../../openstack/test/policy-facts.ts';

/** Names of JSON types at the leaves; `null|string` is one seen with both, `[]` a list shown empty; `name?` a field not every element had. */
export type Shape = string | readonly Shape[] | { readonly [name: string]: Shape };

/** One sample reply of OpenStack's API reference, without its values. */
export interface PublishedReply {
  readonly method: string;
  readonly path: string;
  readonly action?: string;
  /** The microversion from which it was shown; null: the oldest, or a service without microversions. */
  readonly version: string | null;
  /** Where it stands in the service's repository. */
  readonly sample: string;
  readonly shape: Shape;
}

/** Nova's samples of 2.69 show what is left of a server whose cell is down; Kumo has no cells. */
const ANOTHER_STATE = /\/v2\.69\//;

/** The published replies of a service, by operation (`keyOf`). */
export function publishedReplies(service: FactService): ReadonlyMap<string, readonly PublishedReply[]> {
  const text = readFileSync(new URL(`facts/${service}.jsonl`, import.meta.url), 'utf8');
  const replies = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PublishedReply)
    .filter(({ sample }) => !ANOTHER_STATE.test(sample));
  return Map.groupBy(replies, keyOf);
}

/** Method, path and action, as both the contracts and the documents have them: no version, no project, no names of ids. */
export function keyOf({
  method,
  path,
  action,
}: Pick<Operation, 'method' | 'path' | 'action'> | PublishedReply): string {
  const bare = path
    .replace(/\/$/, '')
    .replace(/^\/v\d+(\.\d+)?(?=\/|$)/, '')
    .replace(/^\/\{(admin_)?(project|tenant)_id\}(?=\/)/, '')
    .replace(/\{[^}]*\}/g, '{}');
  // Neutron's bulk operations have a key of their own in the contracts, and the same path in the documents.
  return [method, bare || '/', path.endsWith('/action') ? action : undefined].filter(Boolean).join(' ');
}

/** The samples that hold at a microversion: of each file, in whichever directory of versions, the newest not above it. */
export function repliesAt(replies: readonly PublishedReply[], version: string | undefined): PublishedReply[] {
  const families = Map.groupBy(replies, ({ sample }) => sample.slice(sample.lastIndexOf('/') + 1));
  return [...families.values()].flatMap((family) => {
    const fitting = family.filter((one) => one.version === null || !isAbove(one.version, version));
    return fitting.toSorted((a, b) => (isAbove(a.version ?? '0.0', b.version ?? '0.0') ? -1 : 1)).slice(0, 1);
  });
}

/** Whether microversion `a` comes after `b`; nothing comes after an absent one. */
export function isAbove(a: string, b: string | undefined): boolean {
  if (b === undefined) return false;
  const [majorA, minorA] = a.split('.').map(Number) as [number, number];
  const [majorB, minorB] = b.split('.').map(Number) as [number, number];
  return majorA > majorB || (majorA === majorB && minorA > minorB);
}
