import type { ForeignApplicationCredential, ForeignTrust } from './foreign-tables.ts';
import { flag, object, timeOfMicros } from './foreign-values.ts';
import type { ImportTransaction } from './import-transaction.ts';
import { pagesOf } from './pages.ts';

/** Trusts that are not deleted, application credentials and access rules. */
export async function takeDelegations(parts: ImportTransaction): Promise<void> {
  await takeTrusts(parts);
  for await (const page of pagesOf(parts.from, 'access_rule', 'id'))
    await parts.insert(
      'access_rules',
      page.map(({ external_id: id, user_id, service, method, path }) => ({ id, user_id, service, method, path })),
    );
  for await (const page of pagesOf(parts.from, 'application_credential', 'internal_id')) {
    // One without a project never came out of the API.
    const usable = page.filter((row) => row.project_id !== null);
    parts.leave('application credentials without a project', page.length - usable.length);
    await takeApplicationCredentials(parts, usable);
  }
}

async function takeTrusts(parts: ImportTransaction): Promise<void> {
  const { from, tx } = parts;
  for await (const page of pagesOf(from, 'trust', 'id')) {
    const living = page.filter((row) => row.deleted_at === null);
    await parts.insert('trusts', living.map(trustRow));
    if (living.length === 0) continue;
    const ids = living.map((row) => row.id);
    const roles = await from.selectFrom('trust_role').selectAll().where('trust_id', 'in', ids).execute();
    await parts.insert(
      'trust_roles',
      roles.map(({ trust_id, role_id }) => ({ trust_id, role_id })),
    );
  }
  // When all are there: a trust may come from another one.
  const living = new Set((await tx.selectFrom('trusts').select('id').execute()).map((row) => row.id));
  for await (const page of pagesOf(from, 'trust', 'id'))
    for (const { id, redelegated_trust_id } of page)
      if (redelegated_trust_id !== null && living.has(id) && living.has(redelegated_trust_id))
        await tx.updateTable('trusts').set({ redelegated_trust_id }).where('id', '=', id).execute();
}

function trustRow(row: ForeignTrust) {
  const { id, trustor_user_id, trustee_user_id, project_id, remaining_uses } = row;
  return {
    ...{ id, trustor_user_id, trustee_user_id, project_id, remaining_uses },
    impersonation: flag(row.impersonation),
    expires_at: timeOfMicros(row.expires_at_int),
    redelegated_trust_id: null,
    redelegation_count: row.redelegation_count ?? 0,
    extra: JSON.stringify(object(row.extra)),
  };
}

async function takeApplicationCredentials(
  parts: ImportTransaction,
  rows: readonly ForeignApplicationCredential[],
): Promise<void> {
  if (rows.length === 0) return;
  const { from } = parts;
  await parts.insert(
    'application_credentials',
    rows.map(({ id, user_id, project_id, name, description, secret_hash, expires_at, unrestricted }) => ({
      ...{ id, user_id, project_id: project_id as string, name, description, secret_hash },
      expires_at: timeOfMicros(expires_at),
      unrestricted: flag(unrestricted),
    })),
  );
  const ids = new Map(rows.map((row) => [row.internal_id, row.id]));
  const roles = await from
    .selectFrom('application_credential_role')
    .selectAll()
    .where('application_credential_id', 'in', [...ids.keys()])
    .execute();
  await parts.insert(
    'application_credential_roles',
    roles.map((row) => ({
      application_credential_id: ids.get(row.application_credential_id) as string,
      role_id: row.role_id,
    })),
  );
  const rules = await from
    .selectFrom('application_credential_access_rule')
    .innerJoin('access_rule', 'access_rule.id', 'application_credential_access_rule.access_rule_id')
    .select(['application_credential_id', 'external_id'])
    .where('application_credential_id', 'in', [...ids.keys()])
    .execute();
  await parts.insert(
    'application_credential_access_rules',
    rules.map((row) => ({
      application_credential_id: ids.get(row.application_credential_id) as string,
      access_rule_id: row.external_id,
    })),
  );
}
