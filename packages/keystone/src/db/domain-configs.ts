import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';

type Q = Kysely<KeystoneTables>;

/** One option as it is stored; `value` is text that the application reads. */
export interface StoredOption {
  readonly group: string;
  readonly option: string;
  readonly value: string;
  readonly isSensitive: boolean;
}

/** All options of a domain, in a fixed order. */
export async function optionsOfDomain(q: Q, domainId: string): Promise<StoredOption[]> {
  const rows = await q
    .selectFrom('domain_config_options')
    .selectAll()
    .where('domain_id', '=', domainId)
    .orderBy('group_name')
    .orderBy('option_name')
    .execute();
  return rows.map((row) => ({
    group: row.group_name,
    option: row.option_name,
    value: row.value,
    isSensitive: row.is_sensitive === 1,
  }));
}

/** Options that are there already get the new values. */
export async function putOptions(tx: Q, domainId: string, options: readonly StoredOption[]): Promise<void> {
  for (const { group, option } of options) await deleteOptions(tx, domainId, group, option);
  if (options.length === 0) return;
  const rows = options.map(({ group, option, value, isSensitive }) => ({
    domain_id: domainId,
    group_name: group,
    option_name: option,
    value,
    is_sensitive: Number(isSensitive),
  }));
  await tx.insertInto('domain_config_options').values(rows).execute();
}

/** All options, those of a group, or one. */
export async function deleteOptions(tx: Q, domainId: string, group?: string, option?: string): Promise<void> {
  let query = tx.deleteFrom('domain_config_options').where('domain_id', '=', domainId);
  if (group !== undefined) query = query.where('group_name', '=', group);
  if (option !== undefined) query = query.where('option_name', '=', option);
  await query.execute();
}
