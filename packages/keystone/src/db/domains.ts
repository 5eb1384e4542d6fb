import type { Kysely } from 'kysely';
import { inChunks } from './chunks.ts';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

const TABLES = { user: 'users', group: 'user_groups', project: 'projects', role: 'roles' } as const;

/** Of what is in a domain. */
export async function idsInDomain(q: Q, kind: keyof typeof TABLES, domainId: string): Promise<string[]> {
  const rows = await q.selectFrom(TABLES[kind]).select('id').where('domain_id', '=', domainId).execute();
  return rows.map((row) => row.id);
}

/** A domain with its projects, users, groups and roles, and all roles that are given to them or on them. */
export async function deleteDomainContents(tx: Q, domainId: string): Promise<void> {
  for (const table of ['projects', 'users', 'user_groups'] as const) {
    const inside = tx.selectFrom(table).select('id').where('domain_id', '=', domainId);
    await tx.deleteFrom('assignments').where('actor_id', 'in', inside).execute();
    await tx.deleteFrom('assignments').where('target_id', 'in', inside).execute();
  }
  await tx.deleteFrom('assignments').where('target_id', '=', domainId).execute();
  const projects = tx.selectFrom('projects').select('id').where('domain_id', '=', domainId);
  await tx.updateTable('users').set({ default_project_id: null }).where('default_project_id', 'in', projects).execute();
  await tx.deleteFrom('users').where('domain_id', '=', domainId).execute();
  await tx.deleteFrom('user_groups').where('domain_id', '=', domainId).execute();
  await tx.deleteFrom('roles').where('domain_id', '=', domainId).execute();
  await deleteProjectsOf(tx, domainId);
  await tx.deleteFrom('projects').where('id', '=', domainId).execute();
}

/** From below: a project cannot go before those whose parent it is. */
async function deleteProjectsOf(tx: Q, domainId: string): Promise<void> {
  for (;;) {
    const rows = await tx
      .selectFrom('projects as p')
      .leftJoin('projects as child', 'child.parent_id', 'p.id')
      .select('p.id')
      .where('p.domain_id', '=', domainId)
      .where('child.id', 'is', null)
      .execute();
    const leaves = rows.map((row) => row.id);
    if (leaves.length === 0) return;
    await inChunks(leaves, (some) =>
      tx
        .deleteFrom('projects')
        .where('id', 'in', [...some])
        .execute(),
    );
  }
}
