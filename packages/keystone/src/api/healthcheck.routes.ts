import { implement, type Route } from '@kumo/core/http';
import type { KeystoneParts } from '../app/compose.ts';
import { checkHealth, showHealth } from './healthcheck.ts';
import { prefers } from './wire/accept.ts';

export function healthcheckRoutes({ health }: KeystoneParts): Route[] {
  return [
    implement(showHealth, async ({ request, reply }) => {
      const { isHealthy, reason } = await health.look();
      if (!isHealthy) reply.status(503);
      const isJson = prefers(request.headers.accept, 'application/json', 'text/plain');
      reply.header('content-type', isJson ? 'application/json' : 'text/plain; charset=utf-8');
      return isJson ? JSON.stringify({ detailed: false, reasons: [reason] }) : reason;
    }),
    implement(checkHealth, async ({ reply }) => {
      if (!(await health.look()).isHealthy) reply.status(503);
    }),
  ];
}
