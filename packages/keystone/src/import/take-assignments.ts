import type { ActorKind, TargetKind } from '../db/schema.ts';
import type { ForeignAssignment } from './foreign-tables.ts';
import { flag, object, options } from './foreign-values.ts';
import type { ImportTransaction } from './import-transaction.ts';
import { groupBy, pagesOf } from './pages.ts';

/** How a role that belongs to no domain is marked. */
const NO_DOMAIN = '<<null>>';

const KINDS: Readonly<Record<string, readonly [ActorKind, TargetKind]>> = {
  UserProject: ['user', 'project'],
  GroupProject: ['group', 'project'],
  UserDomain: ['user', 'domain'],
  GroupDomain: ['group', 'domain'],
  UserSystem: ['user', 'system'],
  GroupSystem: ['group', 'system'],
};

/** Roles, what they imply, and who has them where. */
export async function takeAssignments(parts: ImportTransaction): Promise<void> {
  const { from } = parts;
  for await (const page of pagesOf(from, 'role', 'id')) {
    const ids = page.map((row) => row.id);
    const set = groupBy(
      await from.selectFrom('role_option').selectAll().where('role_id', 'in', ids).execute(),
      'role_id',
    );
    await parts.insert(
      'roles',
      page.map((row) => {
        const domainId = row.domain_id === NO_DOMAIN ? null : row.domain_id;
        return {
          ...{ id: row.id, domain_id: domainId, name: row.name, name_space: domainId ?? '' },
          description: row.description,
          options: JSON.stringify(options(set.get(row.id) ?? [])),
          extra: JSON.stringify(object(row.extra)),
        };
      }),
    );
  }
  for await (const page of pagesOf(from, 'implied_role', 'prior_role_id'))
    await parts.insert(
      'implied_roles',
      page.map(({ prior_role_id, implied_role_id }) => ({ prior_role_id, implied_role_id })),
    );
  for (const table of ['assignment', 'system_assignment'] as const)
    for await (const page of pagesOf(from, table, 'actor_id'))
      await parts.insert('assignments', page.flatMap(assignmentRow));
}

function assignmentRow(row: ForeignAssignment) {
  const kinds = KINDS[row.type];
  if (!kinds) throw new Error(`an assignment of type ${row.type} is not known`);
  const [actor_kind, target_kind] = kinds;
  const { actor_id, target_id, role_id } = row;
  return { actor_kind, actor_id, target_kind, target_id, role_id, inherited: flag(row.inherited) };
}
