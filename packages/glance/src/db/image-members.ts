import { insertIgnore, nowIso } from '@kumo/core/db';
import type { Queries, Tx } from './images.ts';

export type MemberStatus = 'pending' | 'accepted' | 'rejected';

export interface Member {
  imageId: string;
  projectId: string;
  status: MemberStatus;
  createdAt: string;
  updatedAt: string;
}

/** An image's members, in the order in which they were added. */
export async function listMembers(q: Queries, imageId: string): Promise<Member[]> {
  const query = q.selectFrom('image_members').selectAll().where('image_id', '=', imageId);
  const rows = await query.orderBy('created_at').orderBy('member').execute();
  return rows.map((row) => ({
    imageId: row.image_id,
    projectId: row.member,
    status: row.status as MemberStatus,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

export async function isMember(q: Queries, imageId: string, projectId: string): Promise<boolean> {
  const query = q.selectFrom('image_members').select('member');
  const row = await query.where('image_id', '=', imageId).where('member', '=', projectId).executeTakeFirst();
  return row !== undefined;
}

/** False when the project is a member already. */
export async function insertMember(tx: Tx, member: Member): Promise<boolean> {
  const row = {
    image_id: member.imageId,
    member: member.projectId,
    status: member.status,
    created_at: member.createdAt,
    updated_at: member.updatedAt,
  };
  return (await insertIgnore(tx, 'image_members', [row])) > 0;
}

/** False when the project is no member. */
export async function changeMember(q: Queries, imageId: string, projectId: string, status: MemberStatus) {
  const { numUpdatedRows } = await q
    .updateTable('image_members')
    .set({ status, updated_at: nowIso() })
    .where('image_id', '=', imageId)
    .where('member', '=', projectId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False when the project is no member. */
export async function removeMember(q: Queries, imageId: string, projectId: string): Promise<boolean> {
  const query = q.deleteFrom('image_members').where('image_id', '=', imageId).where('member', '=', projectId);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}
