import { randomUUID } from 'node:crypto';
import { nowIso } from '@kumo/core/db';
import type { ForeignPassword, ForeignUser } from './foreign-tables.ts';
import { flag, object, options, time, timeOfMicros } from './foreign-values.ts';
import type { ImportTransaction } from './import-transaction.ts';
import { groupBy, pagesOf } from './pages.ts';

/**
 * Users of the SQL back end with every password they had, groups and their members, and the ids by which users and groups
 * of directories are known.
 */
export async function takeUsers(parts: ImportTransaction): Promise<void> {
  for await (const page of pagesOf(parts.from, 'user', 'id')) await takePage(parts, page);
  for await (const page of pagesOf(parts.from, 'group', 'id'))
    await parts.insert(
      'user_groups',
      page.map(({ id, domain_id, name, description, extra }) => ({
        ...{ id, domain_id, name, description: description ?? '' },
        extra: JSON.stringify(object(extra)),
      })),
    );
  for await (const page of pagesOf(parts.from, 'user_group_membership', 'user_id'))
    await parts.insert(
      'group_members',
      page.map(({ user_id, group_id }) => ({ user_id, group_id })),
    );
  for await (const page of pagesOf(parts.from, 'id_mapping', 'public_id'))
    await parts.insert(
      'id_mappings',
      page.map(({ public_id, domain_id, local_id, entity_type }) => ({ public_id, domain_id, local_id, entity_type })),
    );
}

async function takePage(parts: ImportTransaction, users: readonly ForeignUser[]): Promise<void> {
  const { from } = parts;
  const ids = users.map((user) => user.id);
  const local = await from.selectFrom('local_user').selectAll().where('user_id', 'in', ids).execute();
  const names = new Map(local.map((row) => [row.user_id, row]));
  const set = groupBy(
    await from.selectFrom('user_option').selectAll().where('user_id', 'in', ids).execute(),
    'user_id',
  );
  // Users of directories come with the directory, federated ones with the federation.
  parts.leave('users without a name of their own (of a directory, or federated)', users.length - names.size);
  await parts.insert(
    'users',
    users.flatMap((user) => {
      const name = names.get(user.id)?.name;
      return name === undefined ? [] : [userRow(user, name, options(set.get(user.id) ?? []))];
    }),
  );
  if (local.length === 0) return;
  const owners = new Map(local.map((row) => [row.id, row.user_id]));
  const passwords = await from
    .selectFrom('password')
    .selectAll()
    .where('local_user_id', 'in', [...owners.keys()])
    .execute();
  const usable = passwords.filter((row) => row.password_hash !== null);
  await parts.insert(
    'passwords',
    usable.map((row) => passwordRow(row, owners.get(row.local_user_id) as string)),
  );
}

function userRow(user: ForeignUser, name: string, set: Record<string, unknown>) {
  const { password: _, ...extra } = object(user.extra);
  return {
    id: user.id,
    domain_id: user.domain_id,
    name,
    enabled: flag(user.enabled, 1),
    default_project_id: user.default_project_id,
    options: JSON.stringify(set),
    extra: JSON.stringify(extra),
    created_at: time(user.created_at) ?? nowIso(),
    last_active_on: time(user.last_active_at)?.slice(0, 10) ?? null,
  };
}

function passwordRow(row: ForeignPassword, userId: string) {
  return {
    id: randomUUID().replaceAll('-', ''),
    user_id: userId,
    hash: row.password_hash as string,
    created_at: timeOfMicros(row.created_at_int) as string,
    expires_at: timeOfMicros(row.expires_at_int),
    self_service: flag(row.self_service),
  };
}
