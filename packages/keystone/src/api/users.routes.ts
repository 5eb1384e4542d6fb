import { implement, keystoneLinks, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { loginClient } from '../app/login-client.ts';
import { invalid, notFound } from '../errors.ts';
import {
  changePassword,
  createUser,
  deleteUser,
  listUserGroups,
  listUserProjects,
  listUsers,
  showUser,
  updateUser,
} from './users.ts';
import { groupToWire } from './wire/groups.ts';
import { domainFor, listedDomain, ownDomain, pageLinks } from './wire/lists.ts';
import { projectToWire } from './wire/projects.ts';
import { equalities, flag, flagValue, nameFilters, timeFilter } from './wire/query.ts';
import { sameId } from './wire/same-id.ts';
import { newIn, targetOf } from './wire/targets.ts';
import { userFromWire, userToWire } from './wire/users.ts';

export function userRoutes(parts: KeystoneParts): Route[] {
  const { users, passwords } = parts;
  return [
    implement(listUsers, async ({ ctx, query, authorize, request }) => {
      authorize({ target: { domain_id: ctx.domainId } });
      const { domain_id, enabled, limit, marker, password_expires_at, idp_id, protocol_id, unique_id } = query;
      // Those who come from other identity providers; there are none.
      if ([idp_id, protocol_id, unique_id].some((one) => one !== undefined))
        return { users: [], links: keystoneLinks(request) };
      const equal = { domain_id, enabled: flagValue(enabled) };
      const filters = [...nameFilters(query), ...equalities(equal), ...ownDomain(ctx)];
      const passwordEnd = password_expires_at === undefined ? undefined : timeFilter(password_expires_at);
      const found = await users.list({ filters, limit, marker, passwordEnd, domainId: listedDomain(domain_id, ctx) });
      return { users: found.rows.map((one) => userToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createUser, async ({ ctx, body, authorize, request }) => {
      const domainId = domainFor(body.user.domain_id, ctx);
      authorize(newIn('user', domainId));
      const user = await users.create({ ...userFromWire(body.user), name: body.user.name, domainId });
      return { user: userToWire(user, request) };
    }),
    implement(showUser, async ({ params, authorize, request }) => {
      const user = await users.find(params.user_id);
      authorize(targetOf({ user }));
      if (!user) throw notFound({ kind: 'user', id: params.user_id });
      return { user: userToWire(await users.show(user), request) };
    }),
    implement(updateUser, async ({ params, body, authorize, request }) => {
      authorize(targetOf({ user: await users.find(params.user_id) }));
      if (body.user.domain_id === null) throw invalid({ message: 'Cannot change Domain ID' });
      sameId(body.user, params.user_id);
      const changes = { ...userFromWire(body.user), domainId: body.user.domain_id };
      const user = await users.update(params.user_id, changes);
      // Keystone shows the extra attributes of a changed user twice.
      return { user: { ...userToWire(user, request), extra: user.extra } };
    }),
    implement(deleteUser, async ({ params, authorize }) => {
      authorize(targetOf({ user: await users.find(params.user_id) }));
      await users.delete(params.user_id);
    }),
    implement(changePassword, ({ params, body, request }) => {
      const { original_password: original, password } = body.user;
      return passwords.change(params.user_id, { original, password, client: loginClient(request) });
    }),
    ...belongingRoutes(parts),
  ];
}

/** What a user is in. */
function belongingRoutes({ users, groups, projects }: KeystoneParts): Route[] {
  return [
    implement(listUserGroups, async ({ ctx, params, query, authorize, request }) => {
      const user = await users.find(params.user_id);
      authorize({ ...targetOf({ user }), user_id: params.user_id });
      if (!user) throw notFound({ kind: 'user', id: params.user_id });
      const { limit, marker } = query;
      const found = await groups.list({
        userId: user.id,
        filters: [...nameFilters(query), ...ownDomain(ctx)],
        limit,
        marker,
      });
      // Only federated users are in groups for a time.
      const rows = found.rows.map((one) => ({ ...groupToWire(one, request), membership_expires_at: null }));
      return { groups: rows, links: pageLinks(request, found) };
    }),
    implement(listUserProjects, async ({ params, query, authorize, request }) => {
      const user = await users.find(params.user_id);
      authorize(targetOf({ user }));
      if (!user) throw notFound({ kind: 'user', id: params.user_id });
      const { name, domain_id, enabled } = query;
      const all = await users.projectsOf(user.id);
      const found = all.filter(
        (one) =>
          (name === undefined || one.name === name) &&
          (domain_id === undefined || one.domainId === domain_id) &&
          (enabled === undefined || one.enabled === flag(enabled)),
      );
      const tags = await projects.tagsOf(found);
      return {
        projects: found.map((one) => projectToWire(one, tags.get(one.id) ?? [], request)),
        links: keystoneLinks(request),
      };
    }),
  ];
}
