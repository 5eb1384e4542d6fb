/**
 * Writes the inventory of one service's operations that `kumo api coverage` compares with, from files of published facts:
 *
 *     node packages/openstack/scripts/api-inventory.ts identity ../shared/api
 *
 * What is corrected or left out is said here, with the reason.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InventoryOperation, LeftOut, Step } from '../src/api/inventory.ts';
import type { Correction } from './api-corrections/correction.ts';
import { CORRECTIONS } from './api-corrections/index.ts';

interface Published {
  group?: string;
  summary?: string;
  method: string;
  path: string;
  success?: number[];
  action?: string;
  obsolete?: boolean;
  deprecated?: boolean;
  code?: { success?: number[]; tempest_success?: number[] };
  policies?: string[];
}

/** What an operation of which no document says its code answers. */
const USUAL: Readonly<Record<string, number[]>> = { GET: [200], HEAD: [200], PUT: [201], POST: [201], DELETE: [204] };

const UNPUBLISHED = 'In code, not in the API reference';

const [service, facts] = process.argv.slice(2);
const corrections = service === undefined ? undefined : CORRECTIONS[service];
if (!service || !facts || !corrections) {
  process.stderr.write(`usage: api-inventory.ts ${Object.keys(CORRECTIONS).join('|')} DIRECTORY\n`);
  process.exit(2);
}
const published = read<Published[]>(`${service}.json`);
const unpublished = read<Record<string, Published[]>>('undocumented.json')[service] ?? [];
const operations: InventoryOperation[] = [];
const leftOut: LeftOut[] = [];
const known = new Set(published.map(({ method, path }) => `${method} ${bare(pathOf(path))}`));

for (const one of published) add({ ...one, path: pathOf(one.path) }, one.group ?? '', one.summary ?? '');
for (const one of unpublished) {
  const path = pathOf(one.path);
  const key = `${one.method} ${bare(path)}`;
  if (known.has(key)) continue;
  known.add(key);
  add({ ...one, path }, UNPUBLISHED, one.policies?.join(', ') ?? 'Named by Tempest');
}

const file = fileURLToPath(new URL(`../src/api/inventories/${service}.jsonl`, import.meta.url));
const { package: packageName, projectIsOptional } = corrections;
writeFileSync(
  file,
  lines({ service, package: packageName, ...(projectIsOptional && { projectIsOptional }) }, [
    ...operations,
    ...leftOut,
  ]),
);
process.stdout.write(`${file}: ${operations.length} operations, ${leftOut.length} left out\n`);

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(facts!, name), 'utf8')) as T;
}

/** As it is served: below its version, without the project where that may be left out. */
function pathOf(path: string): string {
  const { prefix, projectIsOptional } = corrections!;
  const isWhole = /^\/(v\d|versions$|\{api_version\}|$)/.test(path);
  const whole = (isWhole ? path : `${prefix}${path}`).replace(/(.)\/$/, '$1');
  return projectIsOptional ? whole.replace(/^(\/v3)\/\{(?:admin_)?project_id\}(?=\/)/, '$1') : whole;
}

function bare(path: string): string {
  return path.replace(/\{\w*\}/g, '{}');
}

function add(one: Published, group: string, summary: string): void {
  const { method, path } = one;
  const correction = corrections!.of.find((each) => matches(each, one, group, summary));
  const reason = correction?.leftOut ?? (one.obsolete ? 'OpenStack itself does not serve it any more.' : undefined);
  if (reason) {
    leftOut.push({ method, path, summary, reason });
    return;
  }
  const documented = one.code?.tempest_success ?? one.code?.success ?? one.success ?? [];
  const success = correction?.success ?? (documented.length > 0 ? documented : (USUAL[method] ?? [200]));
  const kinds = one.action === undefined ? undefined : [one.action];
  const steps: readonly Step[] = correction?.steps ?? [{ success, ...(kinds && { kinds }) }];
  const note = correction?.note;
  operations.push({ group, summary, method, path, steps, ...(note === undefined ? {} : { note }) });
}

function matches(each: Correction, one: Published, group: string, summary: string): boolean {
  if (each.method !== undefined && each.method !== one.method) return false;
  if (each.isUnpublished && group !== UNPUBLISHED) return false;
  return each.where.test(each.by === 'group' ? group : each.by === 'summary' ? summary : one.path);
}

/** A head, then one operation per line, so that differences are seen. */
function lines(head: object, list: readonly object[]): string {
  return [head, ...list].map((each) => `${JSON.stringify(each)}\n`).join('');
}
