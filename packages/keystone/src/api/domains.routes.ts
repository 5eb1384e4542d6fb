import { implement, type RequestFacts, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { Project } from '../db/projects.ts';
import { notFound } from '../errors.ts';
import { createDomain, deleteDomain, listDomains, showDomain, updateDomain } from './domains.ts';
import { domainFromWire, domainToWire } from './wire/domains.ts';
import { ownDomain, pageLinks } from './wire/lists.ts';
import { equalities, flagValue, nameFilters } from './wire/query.ts';
import { sameId } from './wire/same-id.ts';
import { targetOf } from './wire/targets.ts';

export function domainRoutes({ domains, projects }: KeystoneParts): Route[] {
  const shown = async (domain: Project, request: RequestFacts) =>
    domainToWire(domain, (await projects.tagsOf([domain])).get(domain.id) ?? [], request);
  return [
    implement(listDomains, async ({ ctx, query, authorize, request }) => {
      authorize({ target: { domain: { id: ctx.domainId } } });
      const { enabled, limit, marker } = query;
      const filters = [...nameFilters(query), ...equalities({ enabled: flagValue(enabled) }), ...ownDomain(ctx, 'id')];
      const found = await domains.list({ filters, limit, marker });
      const tags = await projects.tagsOf(found.rows);
      return {
        domains: found.rows.map((one) => domainToWire(one, tags.get(one.id) ?? [], request)),
        links: pageLinks(request, found),
      };
    }),
    implement(createDomain, async ({ body, request }) => {
      const { name, explicit_domain_id } = body.domain;
      const domain = await domains.create({ ...domainFromWire(body.domain), name, id: explicit_domain_id });
      return { domain: await shown(domain, request) };
    }),
    implement(showDomain, async ({ params, authorize, request }) => {
      const domain = await domains.find(params.domain_id);
      authorize(targetOf({ domain }));
      if (!domain) throw notFound({ kind: 'domain', id: params.domain_id });
      return { domain: await shown(domain, request) };
    }),
    implement(updateDomain, async ({ params, body, request }) => {
      sameId(body.domain, params.domain_id);
      const domain = await domains.update(params.domain_id, domainFromWire(body.domain));
      return { domain: await shown(domain, request) };
    }),
    implement(deleteDomain, ({ params }) => domains.delete(params.domain_id)),
  ];
}
