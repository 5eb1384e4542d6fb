import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { cloudScope } from './rules.ts';
import { listOf, page } from './shared-schemas.ts';

const Some = T.Optional(T.String());

export const RevokeEventBody = T.Object({
  user_id: Some,
  role_id: Some,
  domain_id: Some,
  project_id: Some,
  audit_id: Some,
  audit_chain_id: Some,
  'OS-TRUST:trust_id': Some,
  issued_before: T.String(),
  revoked_at: T.String(),
});

export const listRevokeEvents = operation({
  name: 'listRevokeEvents',
  method: 'GET',
  path: '/v3/OS-REVOKE/events',
  head: true,
  summary: 'What made tokens invalid before their time',
  policy: cloudScope('list_revoke_events', 'rule:service_or_admin'),
  query: T.Object({ since: T.Optional(T.String({ maxLength: 64 })), ...page }),
  reply: listOf('events', RevokeEventBody),
  errors: [400, 401, 403],
});
