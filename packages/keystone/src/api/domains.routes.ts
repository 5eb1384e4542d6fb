import { type AuthorizeOptions, implement, type RequestFacts, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import type { Project } from '../db/projects.ts';
import { invalid, notFound } from '../errors.ts';
import { createDomain, deleteDomain, listDomains, showDomain, updateDomain } from './domains.ts';
import { domainFromWire, domainToWire } from './wire/domains.ts';
import { ownDomain, pageLinks } from './wire/lists.ts';
import { equalities, flagValue, nameFilters } from './wire/query.ts';
import { sameId } from './wire/same-id.ts';
import { targetOf } from './wire/targets.ts';

type Authorize = (target: Record<string, unknown>, options?: AuthorizeOptions) => void;

export function domainRoutes({ domains, projects }: KeystoneParts): Route[] {
  const shown = async (domain: Project, request: RequestFacts) =>
    domainToWire(domain, (await projects.tagsOf([domain])).get(domain.id) ?? [], request);
  /** A domain whose policy holds. As in Keystone, of one that is not there everybody is told so. */
  const look = async (id: string, authorize: Authorize): Promise<string> => {
    const domain = await domains.find(id);
    const absent = notFound({ kind: 'domain', id });
    authorize(targetOf({ domain }), domain ? {} : { notFound: absent });
    if (!domain) throw absent;
    return id;
  };
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
    implement(updateDomain, async ({ params, body, authorize, request }) => {
      const id = await look(params.domain_id, authorize);
      sameId(body.domain, id);
      if (Object.keys(body.domain).length === 0)
        throw invalid({
          message: 'Invalid input for field/attribute domain. Value: {}. {} does not have enough properties',
        });
      return { domain: await shown(await domains.update(id, domainFromWire(body.domain)), request) };
    }),
    implement(deleteDomain, async ({ params, authorize }) => domains.delete(await look(params.domain_id, authorize))),
  ];
}
