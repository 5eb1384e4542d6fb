import { KumoError } from '@kumo/core/errors';
import type { HandlerInput, Route } from '@kumo/core/http';
import type { Audit } from '../app/audit.ts';
import { isPasswordRefusal } from '../errors.ts';
import { AUDITED, type Events } from './audited-operations.ts';

/** Logins tell of themselves: what they prove is known inside only. */
const LOGIN = 'issueToken';

/** The routes, with those that change something telling of it once it is done. */
export function auditedRoutes(routes: readonly Route[], audit: Audit): Route[] {
  return routes.map((route) => {
    const events = AUDITED[route.operation.name];
    if (!events && route.operation.name !== LOGIN) return route;
    const handler: Route['handler'] = (input) =>
      audit.during(callerOf(input), () => (events ? tellOf(route, events, input, audit) : route.handler(input)));
    return { ...route, handler };
  });
}

async function tellOf(route: Route, events: Events, input: HandlerInput, audit: Audit): Promise<unknown> {
  const { params, body } = input;
  const tell = (reply: unknown, failure?: unknown) => {
    for (const event of events({ params: params as Record<string, string>, body, reply }))
      audit.notify(failure === undefined ? event : { ...event, failure });
  };
  try {
    const reply = await route.handler(input);
    tell(reply);
    return reply;
  } catch (error) {
    if (isWorthTelling(route.operation.name, error)) tell(undefined, error);
    throw error;
  }
}

/** A password that breaks the rules, and a role that could not be given or taken away by who may do so. */
function isWorthTelling(operation: string, error: unknown): boolean {
  if (operation === 'changePassword') return isPasswordRefusal(error);
  return /^(?:give|revoke).*Role$/.test(operation) && !(error instanceof KumoError && error.kind === 'forbidden');
}

function callerOf({ ctx, request }: HandlerInput) {
  return { ctx, address: request.remoteAddress, agent: request.headers['user-agent'] };
}
