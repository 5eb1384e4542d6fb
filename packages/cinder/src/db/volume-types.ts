import { nowIso } from '@kumo/core/db';
import type { Queries, VolumeTypeRow } from './schema.ts';

export interface VolumeType {
  id: string;
  name: string;
  description: string | null;
  isPublic: boolean;
  extraSpecs: Record<string, string>;
}

export function toVolumeType(row: VolumeTypeRow): VolumeType {
  const { id, name, description } = row;
  return { id, name, description, isPublic: row.is_public === 1, extraSpecs: JSON.parse(row.extra_specs) };
}

/** By id, else by name. */
export async function findVolumeType(q: Queries, idOrName: string): Promise<VolumeType | undefined> {
  const rows = await q
    .selectFrom('volume_types')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', idOrName), eb('name', '=', idOrName)]))
    .execute();
  const row = rows.find(({ id }) => id === idOrName) ?? rows[0];
  return row && toVolumeType(row);
}

export async function allVolumeTypes(q: Queries): Promise<VolumeType[]> {
  return (await q.selectFrom('volume_types').selectAll().orderBy('created_at').execute()).map(toVolumeType);
}

export async function insertVolumeType(tx: Queries, type: VolumeType): Promise<void> {
  await tx
    .insertInto('volume_types')
    .values({
      id: type.id,
      name: type.name,
      description: type.description,
      is_public: type.isPublic ? 1 : 0,
      extra_specs: JSON.stringify(type.extraSpecs),
      created_at: nowIso(),
      updated_at: null,
    })
    .execute();
}

export async function changeVolumeType(
  tx: Queries,
  id: string,
  change: { name?: string; description?: string | null; isPublic?: boolean; extraSpecs?: Record<string, string> },
): Promise<void> {
  const { name, description, isPublic, extraSpecs } = change;
  await tx
    .updateTable('volume_types')
    .set({
      name,
      description,
      is_public: isPublic === undefined ? undefined : Number(isPublic),
      extra_specs: extraSpecs && JSON.stringify(extraSpecs),
      updated_at: nowIso(),
    })
    .where('id', '=', id)
    .execute();
}

export async function removeVolumeType(tx: Queries, id: string): Promise<void> {
  await tx.deleteFrom('volume_types').where('id', '=', id).execute();
}

/** The projects that may use a type that is not public. */
export async function typeProjects(q: Queries, id: string): Promise<string[]> {
  const rows = await q
    .selectFrom('volume_type_projects')
    .select('project_id')
    .where('volume_type_id', '=', id)
    .orderBy('project_id')
    .execute();
  return rows.map(({ project_id }) => project_id);
}
