import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { extraOf } from '../app/extra-attributes.ts';
import { createPolicy, deletePolicy, listPolicies, showPolicy, updatePolicy } from './policies.ts';
import { pageLinks } from './wire/lists.ts';
import { policyToWire } from './wire/policies.ts';
import { sameId } from './wire/same-id.ts';
import { sameNames, searches } from './wire/searches.ts';

const OURS = new Set(['id', 'links', 'type', 'blob']);
const FILTERS = sameNames('type');

export function policyRoutes({ policies }: KeystoneParts): Route[] {
  return [
    implement(listPolicies, async ({ query, request }) => {
      const { limit, marker } = query;
      const found = await policies.list({ filters: searches(query, FILTERS), limit, marker });
      return { policies: found.rows.map((one) => policyToWire(one, request)), links: pageLinks(request, found) };
    }),
    implement(createPolicy, async ({ body, request }) => {
      const { type, blob } = body.policy;
      const policy = await policies.create({ type, blob, extra: extraOf(body.policy, OURS) });
      return { policy: policyToWire(policy, request) };
    }),
    implement(showPolicy, async ({ params, request }) => ({
      policy: policyToWire(await policies.get(params.policy_id), request),
    })),
    implement(updatePolicy, async ({ params, body, request }) => {
      sameId(body.policy, params.policy_id);
      const { type, blob } = body.policy;
      const extra = extraOf(body.policy, OURS);
      return { policy: policyToWire(await policies.update(params.policy_id, { type, blob, extra }), request) };
    }),
    implement(deletePolicy, ({ params }) => policies.delete(params.policy_id)),
  ];
}
