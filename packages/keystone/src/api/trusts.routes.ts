import { type HandlerInput, implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { Role } from '../db/roles.ts';
import type { TrustWithRoles } from '../db/trusts.ts';
import { notFound } from '../errors.ts';
import { refuseApplicationCredentials } from './delegation-guards.ts';
import {
  createTrust,
  deleteTrust,
  listTrustRoles,
  listTrusts,
  showTrust,
  showTrustRole,
  trustListRules,
} from './trusts.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';
import { roleToWire } from './wire/roles.ts';
import { listedTrustToWire, roleLinks, trustFromWire, trustTarget, trustToWire } from './wire/trusts.ts';

type Asked = Pick<HandlerInput, 'ctx' | 'authorize'> & { readonly params: { readonly trust_id: string } };

export function trustRoutes(parts: KeystoneParts): Route[] {
  const { trusts } = parts;
  /** A trust that is not there is 404 for everybody, as with Keystone: nobody guesses its id. */
  const allowed = async ({ ctx, params, authorize }: Asked): Promise<TrustWithRoles> => {
    const trust = await trusts.find(params.trust_id);
    if (!trust) throw notFound({ kind: 'trust', id: params.trust_id });
    authorize(trustTarget(trust));
    refuseApplicationCredentials(ctx);
    return trust;
  };
  return [
    listRoute(parts),
    implement(createTrust, async ({ ctx, body, authorize, request }) => {
      authorize({ target: { trust: body.trust } });
      refuseApplicationCredentials(ctx);
      const trust = await trusts.create(trustFromWire(body.trust), ctx.trustId);
      return { trust: trustToWire(trust, await trusts.rolesOf(trust), request) };
    }),
    implement(showTrust, async ({ ctx, params, authorize, request }) => {
      const trust = await allowed({ ctx, params, authorize });
      return { trust: trustToWire(trust, await trusts.rolesOf(trust), request) };
    }),
    implement(deleteTrust, async ({ ctx, params, authorize }) => {
      const { id } = await allowed({ ctx, params, authorize });
      await trusts.delete(id);
    }),
    implement(listTrustRoles, async ({ ctx, params, authorize, request }) => {
      const trust = await allowed({ ctx, params, authorize });
      const roles = await trusts.rolesOf(trust);
      return { roles: roles.map((role) => roleToWire(role, request)), links: roleLinks(trust, request) };
    }),
    implement(showTrustRole, async ({ ctx, params, authorize, request }) => {
      const roles = await trusts.rolesOf(await allowed({ ctx, params, authorize }));
      return { role: roleToWire(roleAmong(roles, params.role_id), request) };
    }),
  ];
}

function listRoute({ trusts }: KeystoneParts): Route {
  const [ofTrustor, ofTrustee] = trustListRules;
  return implement(listTrusts, async ({ ctx, query, authorize, request }) => {
    const { trustor_user_id, trustee_user_id, limit, marker } = query;
    const target = trustTarget({ trustorId: trustor_user_id, trusteeId: trustee_user_id });
    if (trustor_user_id !== undefined) authorize(target, { rule: ofTrustor.name });
    else if (trustee_user_id !== undefined) authorize(target, { rule: ofTrustee.name });
    else authorize({});
    refuseApplicationCredentials(ctx);
    const found = await trusts.list({ filters: equalities({ trustor_user_id, trustee_user_id }), limit, marker });
    return { trusts: found.rows.map((one) => listedTrustToWire(one, request)), links: pageLinks(request, found) };
  });
}

function roleAmong(roles: readonly Role[], id: string): Role {
  const role = roles.find((one) => one.id === id);
  if (!role) throw notFound({ kind: 'role', id });
  return role;
}
