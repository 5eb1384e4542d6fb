import { insertIgnore, type Page, type PageOptions, pageQuery } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables, RoleRow } from './schema.ts';

type Q = Kysely<KeystoneTables>;

export interface Role {
  readonly id: string;
  /** Null for roles of the whole cloud. */
  readonly domainId: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly options: Record<string, unknown>;
  /** Attributes of clients' own, kept and answered as they came. */
  readonly extra: Record<string, unknown>;
}

/** Undefined when there is none. */
export async function findRole(q: Q, id: string): Promise<Role | undefined> {
  const row = await q.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

export async function findRoleByName(q: Q, name: string, domainId: string | null): Promise<Role | undefined> {
  const row = await q
    .selectFrom('roles')
    .selectAll()
    .where('name_space', '=', domainId ?? '')
    .where('name', '=', name)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function allRoles(q: Q): Promise<Role[]> {
  return (await q.selectFrom('roles').selectAll().execute()).map(fromRow);
}

export async function listRoles(q: Q, options: PageOptions): Promise<Page<Role>> {
  const page = await pageQuery(q.selectFrom('roles').selectAll(), options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

export async function insertRole(tx: Q, role: Role): Promise<void> {
  await tx.insertInto('roles').values(toRow(role)).execute();
}

export async function updateRole(tx: Q, role: Role): Promise<void> {
  const { id, ...values } = toRow(role);
  await tx.updateTable('roles').set(values).where('id', '=', id).execute();
}

/** With its assignments and implications. */
export async function deleteRole(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('roles').where('id', '=', id).execute();
}

/** Which roles each role implies, directly. */
export async function allImplications(q: Q): Promise<Map<string, string[]>> {
  const rows = await q.selectFrom('implied_roles').selectAll().orderBy('implied_role_id').execute();
  const implied = new Map<string, string[]>();
  for (const { prior_role_id: prior, implied_role_id: id } of rows) {
    const known = implied.get(prior);
    if (known) known.push(id);
    else implied.set(prior, [id]);
  }
  return implied;
}

/** False when it was there already. */
export async function insertImplication(tx: Q, priorId: string, impliedId: string): Promise<boolean> {
  return (await insertIgnore(tx, 'implied_roles', [{ prior_role_id: priorId, implied_role_id: impliedId }])) > 0;
}

/** False when it was not there. */
export async function deleteImplication(tx: Q, priorId: string, impliedId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('implied_roles')
    .where('prior_role_id', '=', priorId)
    .where('implied_role_id', '=', impliedId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

function fromRow(row: RoleRow): Role {
  return {
    id: row.id,
    domainId: row.domain_id,
    name: row.name,
    description: row.description,
    options: JSON.parse(row.options),
    extra: row.extra === null ? {} : JSON.parse(row.extra),
  };
}

function toRow(role: Role): RoleRow {
  return {
    id: role.id,
    domain_id: role.domainId,
    name: role.name,
    name_space: role.domainId ?? '',
    description: role.description,
    options: JSON.stringify(role.options),
    extra: JSON.stringify(role.extra),
  };
}
