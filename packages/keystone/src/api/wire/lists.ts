import type { Context } from '@kumo/core/context';
import type { Filter, Page } from '@kumo/core/db';
import { keystoneLinks, type RequestFacts } from '@kumo/core/http';

/** The `links` of a page. */
export function pageLinks(request: RequestFacts, { rows, hasMore }: Page<{ id: string }>) {
  return keystoneLinks(request, hasMore ? rows.at(-1)?.id : undefined);
}

/** A domain's token sees only what is in that domain. */
export function ownDomain({ domainId }: Context, column = 'domain_id'): Filter[] {
  return domainId === undefined ? [] : [{ column, op: 'eq', value: domainId }];
}

/** The domain of what is made without naming one: that of the token. */
export function domainFor(wanted: string | null | undefined, ctx: Context): string {
  return wanted ?? ctx.domainId ?? ctx.projectDomainId ?? 'default';
}

/** The domain whose list is wanted: where its users are in a directory, the list is the directory's. */
export function listedDomain(wanted: string | undefined, ctx: Context): string | undefined {
  return ctx.domainId ?? wanted ?? ctx.projectDomainId;
}
