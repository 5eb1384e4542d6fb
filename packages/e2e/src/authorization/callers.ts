import type { TokenInfo } from '@kumo/core/http';
import { TEST_TOKENS } from '../../../core/src/testing/env.ts';
import { type Caller, PERSONAS, type Persona, type World } from './world.ts';

/** The credentials that oslo.policy would have of a token. */
export function credentialsOf(info: TokenInfo): Caller['credentials'] {
  return {
    user_id: info.userId,
    project_id: info.projectId ?? null,
    domain_id: info.domainId ?? null,
    system_scope: info.systemScope ?? null,
    roles: info.roles,
    is_admin: false,
    is_admin_project: true,
    token: {
      user: { id: info.userId, domain: { id: info.userDomainId ?? null } },
      project: { id: info.projectId ?? null, domain: { id: info.projectDomainId ?? null } },
      domain: { id: info.domainId ?? null },
    },
  };
}

/** The personas of services whose tokens are the static ones of core's test environment. */
export function staticCallers(): World['callers'] {
  const names = PERSONAS.filter((name) => name !== 'none');
  return Object.fromEntries(
    names.map((name) => [name, { token: name, credentials: credentialsOf(TEST_TOKENS[name]!) }]),
  ) as Record<Exclude<Persona, 'none'>, Caller>;
}
