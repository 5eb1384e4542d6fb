import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { deleteAccessRule, listAccessRules, showAccessRule } from './access-rules.ts';
import { refuseTrusts } from './delegation-guards.ts';
import { accessRuleToWire } from './wire/application-credentials.ts';
import { pageLinks } from './wire/lists.ts';
import { equalities } from './wire/query.ts';

export function accessRuleRoutes({ accessRules }: KeystoneParts): Route[] {
  const ofUser = (id: string) => ({ target: { user: { id } } });
  return [
    implement(listAccessRules, async ({ ctx, params, query, authorize, request }) => {
      authorize(ofUser(params.user_id));
      refuseTrusts(ctx);
      const { service, method, path, limit, marker } = query;
      const filters = equalities({ user_id: params.user_id, service, method, path });
      const found = await accessRules.list({ filters, limit, marker });
      return {
        access_rules: found.rows.map((one) => accessRuleToWire(one, request)),
        links: pageLinks(request, found),
      };
    }),
    implement(showAccessRule, async ({ ctx, params, authorize, request }) => {
      authorize(ofUser(params.user_id));
      refuseTrusts(ctx);
      return { access_rule: accessRuleToWire(await accessRules.get(params.user_id, params.access_rule_id), request) };
    }),
    implement(deleteAccessRule, async ({ ctx, params, authorize }) => {
      authorize(ofUser(params.user_id));
      refuseTrusts(ctx);
      await accessRules.delete(params.user_id, params.access_rule_id);
    }),
  ];
}
