import { createHash } from 'node:crypto';
import { type Page, type PageOptions, pageQuery, upsert } from '@kumo/core/db';
import type { Kysely } from 'kysely';
import type { KeystoneTables } from './schema.ts';
import type { PolicyRow } from './schema-catalog.ts';

type Q = Kysely<KeystoneTables>;

/** A document that Keystone keeps for services; it does not read it. */
export interface StoredPolicy {
  readonly id: string;
  readonly type: string;
  readonly blob: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** What a policy is for: an endpoint, a service, or a service in a region. */
export type PolicyPlace =
  | { readonly endpointId: string; readonly serviceId?: undefined; readonly regionId?: undefined }
  | { readonly serviceId: string; readonly regionId?: string; readonly endpointId?: undefined };

/** Undefined when there is none. */
export async function findPolicy(q: Q, id: string): Promise<StoredPolicy | undefined> {
  const row = await q.selectFrom('policies').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

export async function listPolicies(q: Q, options: PageOptions): Promise<Page<StoredPolicy>> {
  const page = await pageQuery(q.selectFrom('policies').selectAll(), options);
  return { rows: page.rows.map(fromRow), hasMore: page.hasMore };
}

export async function insertPolicy(tx: Q, policy: StoredPolicy): Promise<void> {
  await tx.insertInto('policies').values(toRow(policy)).execute();
}

export async function updatePolicy(tx: Q, policy: StoredPolicy): Promise<void> {
  const { id, ...values } = toRow(policy);
  await tx.updateTable('policies').set(values).where('id', '=', id).execute();
}

/** With its associations. */
export async function deletePolicy(tx: Q, id: string): Promise<void> {
  await tx.deleteFrom('policies').where('id', '=', id).execute();
}

/** Gives the place this policy instead of the one that it had. */
export async function setAssociation(tx: Q, policyId: string, place: PolicyPlace): Promise<void> {
  const { endpointId = null, serviceId = null, regionId = null } = place;
  const row = { endpoint_id: endpointId, service_id: serviceId, region_id: regionId };
  await upsert(tx, 'policy_associations', { id: placeKey(place), policy_id: policyId, ...row }, ['id'], ['policy_id']);
}

/** The policy of exactly this place; undefined when it has none of its own. */
export async function policyIdOf(q: Q, place: PolicyPlace): Promise<string | undefined> {
  const row = await q
    .selectFrom('policy_associations')
    .select('policy_id')
    .where('id', '=', placeKey(place))
    .executeTakeFirst();
  return row?.policy_id;
}

/** Nothing happens when the place has another policy or none. */
export async function deleteAssociation(tx: Q, policyId: string, place: PolicyPlace): Promise<void> {
  await tx
    .deleteFrom('policy_associations')
    .where('id', '=', placeKey(place))
    .where('policy_id', '=', policyId)
    .execute();
}

export async function placesOfPolicy(q: Q, policyId: string): Promise<PolicyPlace[]> {
  const rows = await q.selectFrom('policy_associations').selectAll().where('policy_id', '=', policyId).execute();
  return rows.map(({ endpoint_id: endpointId, service_id, region_id }) =>
    endpointId === null ? { serviceId: service_id as string, regionId: region_id ?? undefined } : { endpointId },
  );
}

/** What makes an association unique: one endpoint, service, or service in a region has one policy. */
export function placeKey({ endpointId, serviceId, regionId }: PolicyPlace): string {
  return createHash('sha256')
    .update(JSON.stringify([endpointId ?? null, serviceId ?? null, regionId ?? null]))
    .digest('hex');
}

function fromRow({ id, type, blob, extra }: PolicyRow): StoredPolicy {
  return { id, type, blob, extra: JSON.parse(extra) };
}

function toRow({ id, type, blob, extra }: StoredPolicy): PolicyRow {
  return { id, type, blob, extra: JSON.stringify(extra) };
}
