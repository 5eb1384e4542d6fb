import { type Filter, nowIso, pageQuery, type Sort } from '@kumo/core/db';
import type { FlavorRow } from './schema.ts';
import type { FlavorSnapshot } from './server-shapes.ts';
import type { Queries } from './servers.ts';

export interface Flavor extends FlavorSnapshot {
  description: string | null;
  isPublic: boolean;
  disabled: boolean;
  createdAt: string;
  updatedAt: string | null;
}

function flavorOf(row: FlavorRow, extraSpecs: Record<string, string>): Flavor {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    vcpus: row.vcpus,
    memoryMb: row.memory_mb,
    rootGb: row.root_gb,
    ephemeralGb: row.ephemeral_gb,
    swapMb: row.swap_mb,
    rxtxFactor: row.rxtx_factor,
    isPublic: row.is_public !== 0,
    disabled: row.disabled !== 0,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    extraSpecs,
  };
}

export async function insertFlavor(tx: Queries, flavor: Flavor): Promise<void> {
  await tx
    .insertInto('flavors')
    .values({
      id: flavor.id,
      name: flavor.name,
      description: flavor.description,
      vcpus: flavor.vcpus,
      memory_mb: flavor.memoryMb,
      root_gb: flavor.rootGb,
      ephemeral_gb: flavor.ephemeralGb,
      swap_mb: flavor.swapMb,
      rxtx_factor: flavor.rxtxFactor,
      is_public: Number(flavor.isPublic),
      disabled: Number(flavor.disabled),
      created_at: flavor.createdAt,
      updated_at: flavor.updatedAt,
    })
    .execute();
}

/** Which flavors a project sees: the public ones and those it was given; undefined: all of them. */
export type FlavorScope = string | undefined;

function visible(q: Queries, scope: FlavorScope) {
  const all = q.selectFrom('flavors').selectAll();
  if (scope === undefined) return all;
  const given = q.selectFrom('flavor_access').select('flavor_id').where('project_id', '=', scope);
  return all.where((eb) => eb.or([eb('is_public', '=', 1), eb('id', 'in', given)]));
}

export async function findFlavor(q: Queries, id: string, scope: FlavorScope): Promise<Flavor | undefined> {
  const row = await visible(q, scope).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const specs = await extraSpecsOf(q, [id]);
  return flavorOf(row, specs.get(id)!);
}

export async function flavorExistsWith(q: Queries, by: { id: string } | { name: string }): Promise<boolean> {
  const query = q.selectFrom('flavors').select('id');
  const row = await ('id' in by ? query.where('id', '=', by.id) : query.where('name', '=', by.name)).executeTakeFirst();
  return row !== undefined;
}

export interface FlavorPage {
  scope: FlavorScope;
  filters: readonly Filter[];
  sorts: readonly Sort[];
  limit: number;
  marker?: string;
  unknownMarker: (marker: string | number) => Error;
}

export async function listFlavors(q: Queries, page: FlavorPage): Promise<{ flavors: Flavor[]; hasMore: boolean }> {
  const { scope, ...options } = page;
  const { rows, hasMore } = await pageQuery(visible(q, scope), options);
  const specs = await extraSpecsOf(
    q,
    rows.map(({ id }) => id),
  );
  return { flavors: rows.map((row) => flavorOf(row, specs.get(row.id)!)), hasMore };
}

async function extraSpecsOf(q: Queries, ids: readonly string[]): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>(ids.map((id) => [id, {}]));
  if (ids.length === 0) return found;
  const rows = await q
    .selectFrom('flavor_extra_specs')
    .selectAll()
    .where('flavor_id', 'in', ids)
    .orderBy('name')
    .execute();
  for (const { flavor_id, name, value } of rows) found.get(flavor_id)![name] = value;
  return found;
}

export async function updateFlavorDescription(q: Queries, id: string, description: string | null): Promise<void> {
  await q.updateTable('flavors').set({ description, updated_at: nowIso() }).where('id', '=', id).execute();
}

/** False when there is none. Its extra specs and access go with it. */
export async function deleteFlavor(q: Queries, id: string): Promise<boolean> {
  return Number((await q.deleteFrom('flavors').where('id', '=', id).executeTakeFirst()).numDeletedRows) > 0;
}

export async function setExtraSpecs(tx: Queries, id: string, specs: Record<string, string>): Promise<void> {
  const names = Object.keys(specs);
  await tx.deleteFrom('flavor_extra_specs').where('flavor_id', '=', id).where('name', 'in', names).execute();
  const rows = Object.entries(specs).map(([name, value]) => ({ flavor_id: id, name, value }));
  await tx.insertInto('flavor_extra_specs').values(rows).execute();
}

export async function deleteExtraSpec(q: Queries, id: string, name: string): Promise<boolean> {
  const query = q.deleteFrom('flavor_extra_specs').where('flavor_id', '=', id).where('name', '=', name);
  return Number((await query.executeTakeFirst()).numDeletedRows) > 0;
}

export async function accessOf(q: Queries, id: string): Promise<string[]> {
  const rows = await q
    .selectFrom('flavor_access')
    .select('project_id')
    .where('flavor_id', '=', id)
    .orderBy('project_id')
    .execute();
  return rows.map(({ project_id }) => project_id);
}

export async function addAccess(tx: Queries, id: string, projectId: string): Promise<void> {
  await tx.insertInto('flavor_access').values({ flavor_id: id, project_id: projectId }).execute();
}

export async function removeAccess(q: Queries, id: string, projectId: string): Promise<boolean> {
  const query = q.deleteFrom('flavor_access').where('flavor_id', '=', id).where('project_id', '=', projectId);
  return Number((await query.executeTakeFirst()).numDeletedRows) > 0;
}
