import { nowIso } from '@kumo/core/db';
import {
  changeMember,
  insertMember,
  listMembers,
  type Member,
  type MemberStatus,
  removeMember,
} from '../db/image-members.ts';
import { type Image, lockImage } from '../db/images.ts';
import { imageNotFound, memberExists, memberLimit, memberNotFound, onlySharedHaveMembers } from '../errors.ts';
import type { ImagesDeps } from './images.ts';

/** With whom an image is shared. */
export class ImageMembers {
  readonly #deps: ImagesDeps;

  constructor(deps: ImagesDeps) {
    this.#deps = deps;
  }

  list(image: Image): Promise<Member[]> {
    return listMembers(this.#deps.db.q, image.id);
  }

  async show(image: Image, projectId: string): Promise<Member> {
    const member = (await this.list(image)).find((one) => one.projectId === projectId);
    if (!member) throw memberNotFound({ id: image.id, member: projectId });
    return member;
  }

  async add(id: string, projectId: string): Promise<Member> {
    const { db, config } = this.#deps;
    const now = nowIso();
    const member: Member = { imageId: id, projectId, status: 'pending', createdAt: now, updatedAt: now };
    const isNew = await db.transaction(async (tx) => {
      const image = await lockImage(tx, db, id);
      if (!image) throw imageNotFound({ id });
      if (image.visibility !== 'shared') throw onlySharedHaveMembers();
      const members = await listMembers(tx, id);
      const maximum = config.imageMemberQuota;
      const isKnown = members.some((one) => one.projectId === projectId);
      if (!isKnown && maximum >= 0 && members.length >= maximum)
        throw memberLimit({ attempted: members.length + 1, maximum });
      return insertMember(tx, member);
    });
    if (!isNew) throw memberExists({ id, member: projectId });
    return member;
  }

  async setStatus(image: Image, projectId: string, status: MemberStatus): Promise<Member> {
    if (!(await changeMember(this.#deps.db.q, image.id, projectId, status)))
      throw memberNotFound({ id: image.id, member: projectId });
    return this.show(image, projectId);
  }

  async remove(image: Image, projectId: string): Promise<void> {
    if (image.visibility !== 'shared') throw onlySharedHaveMembers();
    if (!(await removeMember(this.#deps.db.q, image.id, projectId)))
      throw memberNotFound({ id: image.id, member: projectId });
  }
}
