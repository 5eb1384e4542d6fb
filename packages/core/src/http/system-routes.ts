import { Type as T } from 'typebox';
import type { AppOptions } from './app-options.ts';
import { openApi } from './openapi.ts';
import { operation } from './operation.ts';
import { implement, type Route } from './route.ts';

const healthcheck = operation({
  name: 'healthcheck',
  method: 'GET',
  path: '/healthcheck',
  policy: 'none',
  stream: 'response',
  status: 200,
  head: true,
});
const showMetrics = operation({
  name: 'showMetrics',
  method: 'GET',
  path: '/metrics',
  policy: 'none',
  stream: 'response',
  status: 200,
});
const showOpenApi = operation({
  name: 'showOpenApi',
  method: 'GET',
  path: '/openapi.json',
  policy: 'none',
  query: T.Object({ version: T.Optional(T.String({ maxLength: 16 })) }, { additionalProperties: true }),
  reply: T.Record(T.String(), T.Unknown()),
});

/** What every daemon answers besides its service's operations. */
export function systemRoutes(options: AppOptions): Route[] {
  const { metrics } = options;
  const routes = [
    implement(healthcheck, ({ reply }) => {
      reply.header('content-type', 'text/plain; charset=utf-8');
      return 'OK';
    }),
    implement(showOpenApi, ({ query, request }) =>
      openApi(options, { version: query.version, baseUrl: request.baseUrl }),
    ),
  ];
  if (metrics) {
    routes.push(
      implement(showMetrics, async ({ reply }) => {
        reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
        return metrics();
      }),
    );
  }
  return routes;
}
