import { operation } from '@kumo/core/http';
import { StringEnum } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { ImageParams } from './images.ts';
import {
  addMemberPolicy,
  deleteMemberPolicy,
  getMemberPolicy,
  getMembersPolicy,
  modifyMemberPolicy,
} from './policies.ts';

const MemberStatus = StringEnum('pending', 'accepted', 'rejected');
const MemberId = T.String({ minLength: 1, maxLength: 255 });
const MemberParams = T.Object({ ...ImageParams.properties, member_id: MemberId });
export const MemberBody = T.Object({
  image_id: T.String(),
  member_id: T.String(),
  status: MemberStatus,
  created_at: T.String(),
  updated_at: T.String(),
  schema: T.String(),
});

export const createImageMember = operation({
  name: 'createImageMember',
  method: 'POST',
  path: '/v2/images/{image_id}/members',
  policy: addMemberPolicy,
  authorize: 'resource',
  params: ImageParams,
  body: T.Object({ member: MemberId }),
  reply: MemberBody,
  errors: [400, 403, 404, 409, 413],
});

export const listImageMembers = operation({
  name: 'listImageMembers',
  method: 'GET',
  path: '/v2/images/{image_id}/members',
  policy: getMembersPolicy,
  authorize: 'resource',
  params: ImageParams,
  reply: T.Object({ members: T.Array(MemberBody), schema: T.String() }),
  errors: [403, 404],
});

export const showImageMember = operation({
  name: 'showImageMember',
  method: 'GET',
  path: '/v2/images/{image_id}/members/{member_id}',
  policy: getMemberPolicy,
  authorize: 'resource',
  params: MemberParams,
  reply: MemberBody,
  errors: [404],
});

export const updateImageMember = operation({
  name: 'updateImageMember',
  method: 'PUT',
  path: '/v2/images/{image_id}/members/{member_id}',
  policy: modifyMemberPolicy,
  authorize: 'resource',
  params: MemberParams,
  body: T.Object({ status: MemberStatus }),
  reply: MemberBody,
  errors: [400, 403, 404],
});

export const deleteImageMember = operation({
  name: 'deleteImageMember',
  method: 'DELETE',
  path: '/v2/images/{image_id}/members/{member_id}',
  policy: deleteMemberPolicy,
  authorize: 'resource',
  params: MemberParams,
  status: 204,
  errors: [403, 404],
});
