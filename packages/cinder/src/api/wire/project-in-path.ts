import { type Operation, operation, type Route } from '@kumo/core/http';
import { malformedUrl } from '../../errors.ts';

/**
 * Routes under both of Cinder's URLs: `/v3/volumes` and `/v3/{project_id}/volumes`. The project in the URL must be the
 * token's; only a service may name another one, for whose users it works.
 */
export function underBothPaths(routes: readonly Route[]): Route[] {
  return routes.flatMap(({ operation: plain, handler }) => [
    { operation: plain, handler },
    { operation: withProject(plain), handler: ownProject(handler) },
  ]);
}

function withProject(plain: Operation): Operation {
  return operation({ ...plain, name: `${plain.name}InProject`, path: plain.path.replace('/v3/', '/v3/{project_id}/') });
}

function ownProject(handler: Route['handler']): Route['handler'] {
  return (input) => {
    const { project_id: named } = input.params as { project_id?: string };
    if (named !== input.ctx.projectId && !input.ctx.roles.includes('service')) throw malformedUrl();
    return handler(input);
  };
}
