import { flatText, type RequestFacts } from '@kumo/core/http';
import type { Static } from 'typebox';
import type { StoredAccessRule } from '../../db/access-rules.ts';
import type { ApplicationCredential } from '../../db/application-credentials.ts';
import type { Role } from '../../db/roles.ts';
import type { AccessRuleBody } from '../access-rules.ts';
import type { ApplicationCredentialBody } from '../application-credentials.ts';
import { roleToWire } from './roles.ts';

type Base = Pick<RequestFacts, 'baseUrl'>;

/** Its secret is not known any more. */
export function applicationCredentialToWire(
  credential: ApplicationCredential,
  roles: readonly Role[],
  request: Base,
): Static<typeof ApplicationCredentialBody> {
  const { id, name, description, userId, projectId, expiresAt, unrestricted, accessRules } = credential;
  const rules = accessRules.map((rule) => ruleToWire(rule));
  return {
    id,
    name,
    description,
    user_id: userId,
    project_id: projectId,
    system: null,
    roles: roles.map((role) => {
      const { links: _, ...wire } = roleToWire(role, request);
      return wire;
    }),
    expires_at: expiresAt,
    unrestricted,
    ...(rules.length > 0 ? { access_rules: rules } : {}),
    links: { self: flatText`${request.baseUrl}/v3/users/${userId}/application_credentials/${id}` },
  };
}

export function accessRuleToWire(rule: StoredAccessRule, { baseUrl }: Base): Static<typeof AccessRuleBody> {
  return {
    ...ruleToWire(rule),
    links: { self: flatText`${baseUrl}/v3/users/${rule.userId}/access_rules/${rule.id}` },
  };
}

function ruleToWire({ id, service, method, path }: StoredAccessRule) {
  return { id, service, method, path };
}
