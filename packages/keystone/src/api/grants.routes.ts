import { implement, keystoneLinks, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { GrantIds, GrantParts } from '../app/grants.ts';
import { GRANT_KINDS, type GrantKind, grantOperations } from './grants.ts';
import { roleToWire } from './wire/roles.ts';
import { targetOf } from './wire/targets.ts';

export function grantRoutes(parts: KeystoneParts): Route[] {
  return GRANT_KINDS.flatMap((kind) => routesOf(kind, parts));
}

function routesOf(kind: GrantKind, { grants }: KeystoneParts): Route[] {
  const { list, check, give, revoke } = grantOperations(kind);
  const look = async (
    params: Readonly<Record<string, string>>,
    authorize: (target: Record<string, unknown>) => void,
  ): Promise<[GrantIds, GrantParts]> => {
    const ids: GrantIds = {
      ...kind,
      actorId: params[`${kind.actor}_id`] as string,
      targetId: params[`${kind.target}_id`],
      roleId: params.role_id,
    };
    const found = await grants.look(ids);
    const { actor, target, role } = found;
    const where = target === 'system' ? undefined : target;
    authorize(targetOf({ [kind.actor]: actor, [kind.target]: where, role }));
    return [ids, found];
  };
  return [
    implement(list, async ({ params, authorize, request }) => ({
      roles: (await grants.list(...(await look(params, authorize)))).map((one) => roleToWire(one, request)),
      links: keystoneLinks(request),
    })),
    implement(check, async ({ params, authorize }) => grants.check(...(await look(params, authorize)))),
    implement(give, async ({ params, authorize }) => grants.give(...(await look(params, authorize)))),
    implement(revoke, async ({ params, authorize }) => grants.revoke(...(await look(params, authorize)))),
  ];
}
