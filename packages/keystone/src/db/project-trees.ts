import type { Kysely } from 'kysely';
import { findProjects, type Project } from './projects.ts';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

/** Further up is a loop, which nothing should have made. */
const DEEPEST = 1_000;

/** The ids of those above a project, the nearest first, its domain last. Nothing for a domain. */
export async function idsAbove(q: Q, projectId: string): Promise<string[]> {
  const rows = await q
    .withRecursive('above(id, depth)', (db) =>
      db
        .selectFrom('projects')
        .select(({ ref, lit }) => [ref('parent_id').$notNull().as('id'), lit(1).as('depth')])
        .where('id', '=', projectId)
        .where('parent_id', 'is not', null)
        .unionAll(
          db
            .selectFrom('above')
            .innerJoin('projects', 'projects.id', 'above.id')
            .select(({ eb, ref }) => [ref('projects.parent_id').$notNull().as('id'), eb('depth', '+', 1).as('depth')])
            .where('projects.parent_id', 'is not', null)
            .where('depth', '<', DEEPEST),
        ),
    )
    .selectFrom('above')
    .select('id')
    .orderBy('depth')
    .execute();
  return rows.map((row) => row.id);
}

/** Those above a project, the nearest first, its domain last. */
export async function projectsAbove(q: Q, projectId: string): Promise<Project[]> {
  const ids = await idsAbove(q, projectId);
  const found = new Map((await findProjects(q, ids)).map((one) => [one.id, one]));
  return ids.map((id) => found.get(id)).filter((one) => one !== undefined);
}

/** The ids of all projects below some projects or domains. */
export async function idsBelow(q: Q, parentIds: readonly string[]): Promise<string[]> {
  if (parentIds.length === 0) return [];
  const rows = await below(q, parentIds).selectFrom('below').select('id').execute();
  return rows.map((row) => row.id);
}

/** Every project below one, parents before their children. */
export async function projectsBelow(q: Q, parentId: string): Promise<Project[]> {
  const found = await findProjects(q, await idsBelow(q, [parentId]));
  const children = Map.groupBy(found, (one) => one.parentId);
  const ordered = [...(children.get(parentId) ?? [])];
  // An array is walked through to its end, what is added on the way included.
  for (const one of ordered) ordered.push(...(children.get(one.id) ?? []));
  return ordered;
}

/** Whether a project below one is enabled. */
export async function someEnabledBelow(q: Q, parentId: string): Promise<boolean> {
  const row = await below(q, [parentId])
    .selectFrom('below')
    .innerJoin('projects', 'projects.id', 'below.id')
    .select('projects.id')
    .where('projects.enabled', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function below(q: Q, parentIds: readonly string[]) {
  return q.withRecursive('below(id)', (db) =>
    db
      .selectFrom('projects')
      .select('id')
      .where('parent_id', 'in', [...parentIds])
      .union(
        db.selectFrom('below').innerJoin('projects', 'projects.parent_id', 'below.id').select('projects.id as id'),
      ),
  );
}
