import { forbidden } from '@kumo/core/errors';
import type { HandlerInput } from '@kumo/core/http';
import type { Caller, Target } from '../app/caller.ts';
import { attributeRules } from './policies.ts';

/** Where a port is bound is what a service adds to a user's request (docs/adr/0012). */
const IS_SERVICES = /^(?:create|update)_port:binding:/;

export function callerOf(input: Pick<HandlerInput, 'ctx' | 'authorize' | 'allows' | 'serviceAllows'>): Caller {
  const { ctx, authorize, allows, serviceAllows } = input;
  const projectId = ctx.projectId ?? '';
  const isAdmin = allows('context_is_admin', {});
  return {
    ctx,
    projectId,
    isAdmin,
    seesAll: isAdmin || allows('service_api', {}) || allows('context_is_advsvc', {}),
    allows,
    authorize: (target, notFound) => authorize(target, notFound === undefined ? undefined : { notFound }),
    authorizeOwn: () => authorize(ownTarget(projectId)),
    authorizeAttributes: (action, body, target) => {
      const refused = rulesFor(action, body).find(
        (rule) => !allows(rule, target) && !(IS_SERVICES.test(rule) && serviceAllows(rule, target)),
      );
      if (refused !== undefined) throw forbidden({ rule: refused });
    },
  };
}

/** A resource that belongs to the caller in every respect. */
function ownTarget(projectId: string): Target {
  return {
    project_id: projectId,
    tenant_id: projectId,
    'network:project_id': projectId,
    'security_group:project_id': projectId,
  };
}

/** On creation an attribute that is given its default counts as not given. */
function rulesFor(action: string, body: Readonly<Record<string, unknown>>): string[] {
  const isCreation = action.startsWith('create_');
  const names: string[] = [];
  for (const [attribute, value] of Object.entries(body)) {
    if (isCreation && (value === null || value === false || value === '')) continue;
    names.push(`${action}:${attribute}`);
    const parts = Array.isArray(value) ? value : [value];
    for (const part of parts) {
      if (typeof part !== 'object' || part === null) continue;
      names.push(...Object.keys(part).map((inner) => `${action}:${attribute}:${inner}`));
    }
  }
  return names.filter((name) => attributeRules.has(name));
}
