import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { notFound } from '../errors.ts';
import { createRole, deleteRole, listRoles, showRole, updateRole } from './roles.ts';
import { pageLinks } from './wire/lists.ts';
import { nameFilters } from './wire/query.ts';
import { roleFromWire, roleToWire } from './wire/roles.ts';
import { sameId } from './wire/same-id.ts';
import { targetOf } from './wire/targets.ts';

/** The rule for a domain's roles instead of the operation's own. */
function ruleFor(role: { domainId?: string | null } | undefined, rule: string): { rule?: string } {
  return role?.domainId == null ? {} : { rule: `identity:${rule}` };
}

export function roleRoutes({ roles }: KeystoneParts): Route[] {
  return [
    implement(listRoles, async ({ query, authorize, request }) => {
      const { domain_id: domainId, limit, marker } = query;
      authorize({}, ruleFor({ domainId }, 'list_domain_roles'));
      const filters = [...nameFilters(query), { column: 'domain_id', op: 'eq', value: domainId ?? null } as const];
      const found = await roles.list({ filters, limit, marker });
      return { roles: found.rows.map((one) => roleToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createRole, async ({ body, authorize, request }) => {
      authorize({}, ruleFor({ domainId: body.role.domain_id }, 'create_domain_role'));
      const role = await roles.create({ ...roleFromWire(body.role), name: body.role.name });
      return { role: roleToWire(role, request) };
    }),
    implement(showRole, async ({ params, authorize, request }) => {
      const role = await roles.find(params.role_id);
      authorize(targetOf({ role }), ruleFor(role, 'get_domain_role'));
      if (!role) throw notFound({ kind: 'role', id: params.role_id });
      return { role: roleToWire(role, request) };
    }),
    implement(updateRole, async ({ params, body, authorize, request }) => {
      authorize({}, ruleFor(await roles.find(params.role_id), 'update_domain_role'));
      sameId(body.role, params.role_id);
      return { role: roleToWire(await roles.update(params.role_id, roleFromWire(body.role)), request) };
    }),
    implement(deleteRole, async ({ params, authorize }) => {
      authorize({}, ruleFor(await roles.find(params.role_id), 'delete_domain_role'));
      await roles.delete(params.role_id);
    }),
  ];
}
