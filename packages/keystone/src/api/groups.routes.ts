import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { notMember } from '../app/groups.ts';
import { invalid, notFound } from '../errors.ts';
import {
  addGroupUser,
  checkGroupUser,
  createGroup,
  deleteGroup,
  listGroups,
  listGroupUsers,
  removeGroupUser,
  showGroup,
  updateGroup,
} from './groups.ts';
import { groupFromWire, groupToWire } from './wire/groups.ts';
import { domainFor, listedDomain, ownDomain, pageLinks } from './wire/lists.ts';
import { equalities, flagValue, nameFilters } from './wire/query.ts';
import { sameId } from './wire/same-id.ts';
import { newIn, targetOf } from './wire/targets.ts';
import { userToWire } from './wire/users.ts';

export function groupRoutes(parts: KeystoneParts): Route[] {
  const { groups } = parts;
  return [
    implement(listGroups, async ({ ctx, query, authorize, request }) => {
      authorize({ target: { group: { domain_id: ctx.domainId } } });
      const { domain_id, limit, marker } = query;
      const filters = [...nameFilters(query), ...equalities({ domain_id }), ...ownDomain(ctx)];
      const found = await groups.list({ filters, limit, marker, domainId: listedDomain(domain_id, ctx) });
      return { groups: found.rows.map((one) => groupToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createGroup, async ({ ctx, body, authorize, request }) => {
      const domainId = domainFor(body.group.domain_id, ctx);
      authorize(newIn('group', domainId));
      const group = await groups.create({ ...groupFromWire(body.group), name: body.group.name, domainId });
      return { group: groupToWire(group, request) };
    }),
    implement(showGroup, async ({ params, authorize, request }) => {
      const group = await groups.find(params.group_id);
      authorize(targetOf({ group }));
      if (!group) throw notFound({ kind: 'group', id: params.group_id });
      return { group: groupToWire(group, request) };
    }),
    implement(updateGroup, async ({ params, body, authorize, request }) => {
      authorize(targetOf({ group: await groups.find(params.group_id) }));
      sameId(body.group, params.group_id);
      const { domain_id: domainId } = body.group;
      if (domainId === null) throw invalid({ message: 'Cannot change Domain ID' });
      const group = await groups.update(params.group_id, { ...groupFromWire(body.group), domainId });
      return { group: groupToWire(group, request) };
    }),
    implement(deleteGroup, async ({ params, authorize }) => {
      const group = await groups.find(params.group_id);
      // As in Keystone, of a group that is not there everybody is told so, here.
      const absent = notFound({ kind: 'group', id: params.group_id });
      authorize(targetOf({ group }), group ? {} : { notFound: absent });
      if (!group) throw absent;
      await groups.delete(group.id);
    }),
    ...memberRoutes(parts),
  ];
}

function memberRoutes({ groups, users }: KeystoneParts): Route[] {
  interface Ids {
    readonly group_id: string;
    readonly user_id: string;
  }
  /** Both must be there, for those whose policy holds. */
  const pair = async (ids: Ids, authorize: (target: Record<string, unknown>) => void) => {
    const [group, user] = await Promise.all([groups.find(ids.group_id), users.find(ids.user_id)]);
    authorize(targetOf({ group, user }));
    if (!group) throw notFound({ kind: 'group', id: ids.group_id });
    if (!user) throw notFound({ kind: 'user', id: ids.user_id });
    return [group.id, user.id] as const;
  };
  return [
    implement(listGroupUsers, async ({ ctx, params, query, authorize, request }) => {
      const group = await groups.find(params.group_id);
      authorize(targetOf({ group }));
      if (!group) throw notFound({ kind: 'group', id: params.group_id });
      const { enabled, limit, marker } = query;
      const filters = [...nameFilters(query), ...equalities({ enabled: flagValue(enabled) }), ...ownDomain(ctx)];
      const found = await users.list({ groupId: group.id, filters, limit, marker });
      return { users: found.rows.map((one) => userToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(addGroupUser, async ({ params, authorize }) => groups.add(...(await pair(params, authorize)))),
    implement(checkGroupUser, async ({ params, authorize }) => {
      const [groupId, userId] = await pair(params, authorize);
      if (!(await groups.has(groupId, userId))) throw notMember(groupId, userId);
    }),
    implement(removeGroupUser, async ({ params, authorize }) => groups.remove(...(await pair(params, authorize)))),
  ];
}
