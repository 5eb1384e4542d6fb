import { implement, wireTime } from '@kumo/core/http';
import type { ImageMembers } from '../app/image-members.ts';
import type { Images } from '../app/images.ts';
import type { Member, MemberStatus } from '../db/image-members.ts';
import { memberNotFound, onlySharedHaveMembers } from '../errors.ts';
import { targetOf, viewerOf } from './image-access.ts';
import {
  createImageMember,
  deleteImageMember,
  listImageMembers,
  showImageMember,
  updateImageMember,
} from './image-members.ts';
import { seen } from './images.routes.ts';

export const imageMemberRoutes = (images: Images, members: ImageMembers) => [
  implement(createImageMember, async (input) =>
    toWire(await members.add((await seen(images, input)).id, input.body.member)),
  ),

  // The owner sees all members, a member only itself.
  implement(listImageMembers, async (input) => {
    const image = await seen(images, input);
    if (image.visibility !== 'shared') throw onlySharedHaveMembers();
    const all = await members.list(image);
    const shown = image.memberId === undefined ? all : all.filter(({ projectId }) => projectId === image.memberId);
    return { members: shown.map(toWire), schema: '/v2/schemas/members' };
  }),

  implement(showImageMember, async (input) => {
    const { image_id: id, member_id: member } = input.params;
    const image = await images.load(viewerOf(input), id);
    const notFound = memberNotFound({ id, member });
    input.authorize({ ...targetOf(image), member_id: member }, { notFound });
    return toWire(await members.show(image, member));
  }),

  // It is the member who accepts or rejects; the owner may not do so in its place.
  implement(updateImageMember, async (input) => {
    const { image_id: id, member_id: member } = input.params;
    const image = await images.load(viewerOf(input), id);
    if (image.memberId !== undefined && image.memberId !== member) throw memberNotFound({ id, member });
    input.authorize({ ...targetOf(image), member_id: member });
    return toWire(await members.setStatus(image, member, input.body.status as MemberStatus));
  }),

  implement(deleteImageMember, async (input) => members.remove(await seen(images, input), input.params.member_id)),
];

function toWire(member: Member) {
  return {
    image_id: member.imageId,
    member_id: member.projectId,
    status: member.status,
    created_at: wireTime(member.createdAt),
    updated_at: wireTime(member.updatedAt),
    schema: '/v2/schemas/member',
  };
}
