import { implement, type RequestFacts, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { RoleInference } from '../app/roles.ts';
import {
  checkImpliedRole,
  createImpliedRole,
  deleteImpliedRole,
  listImpliedRoles,
  listRoleInferences,
  showImpliedRole,
} from './implied-roles.ts';
import { roleRefToWire } from './wire/roles.ts';

export function impliedRoleRoutes({ roles }: KeystoneParts): Route[] {
  const inferenceToWire = ({ prior, implies }: RoleInference, request: RequestFacts) => ({
    prior_role: roleRefToWire(prior, request),
    implies: implies.map((one) => roleRefToWire(one, request)),
  });
  const self = ({ baseUrl, url }: RequestFacts) => ({ self: `${baseUrl}${url.split('?', 1)[0]}` });
  const oneToWire = ({ prior, implied }: Awaited<ReturnType<typeof roles.imply>>, request: RequestFacts) => ({
    role_inference: { prior_role: roleRefToWire(prior, request), implies: roleRefToWire(implied, request) },
    links: self(request),
  });
  return [
    implement(listImpliedRoles, async ({ params, request }) => ({
      role_inference: inferenceToWire(await roles.implied(params.prior_role_id), request),
      links: self(request),
    })),
    implement(createImpliedRole, async ({ params, request }) =>
      oneToWire(await roles.imply(params.prior_role_id, params.implied_role_id), request),
    ),
    implement(showImpliedRole, async ({ params, request }) =>
      oneToWire(await roles.implication(params.prior_role_id, params.implied_role_id), request),
    ),
    implement(checkImpliedRole, async ({ params }) => {
      await roles.implication(params.prior_role_id, params.implied_role_id);
    }),
    implement(deleteImpliedRole, ({ params }) => roles.unimply(params.prior_role_id, params.implied_role_id)),
    implement(listRoleInferences, async ({ request }) => ({
      role_inferences: (await roles.inferences()).map((one) => inferenceToWire(one, request)),
      links: self(request),
    })),
  ];
}
