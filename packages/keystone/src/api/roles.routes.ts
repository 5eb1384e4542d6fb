import { type AuthorizeOptions, implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { notFound } from '../errors.ts';
import { createRole, deleteRole, listRoles, showRole, updateRole } from './roles.ts';
import { pageLinks } from './wire/lists.ts';
import { nameFilters } from './wire/query.ts';
import { roleFromWire, roleToWire } from './wire/roles.ts';
import { sameId } from './wire/same-id.ts';
import { targetOf } from './wire/targets.ts';

type Authorize = (target: Record<string, unknown>, options?: AuthorizeOptions) => void;

/** The rule for a domain's roles instead of the operation's own. */
function ruleFor(role: { domainId?: string | null }, rule: string): { rule?: string } {
  return role.domainId == null ? {} : { rule: `identity:${rule}` };
}

export function roleRoutes({ roles }: KeystoneParts): Route[] {
  /** A role whose policy holds. As in Keystone, of one that is not there everybody is told so. */
  const look = async (id: string, authorize: Authorize, rule: string): Promise<string> => {
    const role = await roles.find(id);
    const absent = notFound({ kind: 'role', id });
    authorize(targetOf({ role }), role ? ruleFor(role, rule) : { notFound: absent });
    if (!role) throw absent;
    return id;
  };
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
      const id = await look(params.role_id, authorize, 'get_domain_role');
      return { role: roleToWire(await roles.get(id), request) };
    }),
    implement(updateRole, async ({ params, body, authorize, request }) => {
      const id = await look(params.role_id, authorize, 'update_domain_role');
      sameId(body.role, id);
      return { role: roleToWire(await roles.update(id, roleFromWire(body.role)), request) };
    }),
    implement(deleteRole, async ({ params, authorize }) => {
      await roles.delete(await look(params.role_id, authorize, 'delete_domain_role'));
    }),
  ];
}
