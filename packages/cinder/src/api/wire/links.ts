import { flatText, type RequestFacts } from '@kumo/core/http';

/** The two links of a resource: with and without a version. */
export function linksOf(
  request: RequestFacts,
  projectId: string | undefined,
  path: string,
): { rel: string; href: string }[] {
  const project = projectId === undefined ? '' : `/${projectId}`;
  return [
    { rel: 'self', href: flatText`${request.baseUrl}/v3${project}${path}` },
    { rel: 'bookmark', href: flatText`${request.baseUrl}${project}${path}` },
  ];
}
