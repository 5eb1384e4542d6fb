import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { cloudScope } from './rules.ts';
import { Id, listOf, SelfLink } from './shared-schemas.ts';

const LIST = '/v3/users/{user_id}/credentials/OS-EC2';
const ONE = `${LIST}/{credential_id}` as const;
const WRITE = '(rule:admin_required) or (role:member and user_id:%(target.credential.user_id)s)';

export const Ec2CredentialBody = T.Object({
  user_id: T.String(),
  tenant_id: T.Union([T.String(), T.Null()]),
  access: T.String(),
  secret: T.Union([T.String(), T.Null()]),
  trust_id: T.Union([T.String(), T.Null()]),
  links: SelfLink,
});
const Shown = T.Object({ credential: Ec2CredentialBody });

export const listEc2Credentials = operation({
  name: 'listEc2Credentials',
  method: 'GET',
  path: LIST,
  policy: cloudScope(
    'ec2_list_credentials',
    '(rule:admin_required) or (role:reader and system_scope:all) or rule:owner',
  ),
  reply: listOf('credentials', Ec2CredentialBody),
  errors: [401, 403, 404],
});

export const createEc2Credential = operation({
  name: 'createEc2Credential',
  method: 'POST',
  path: LIST,
  policy: cloudScope('ec2_create_credential', WRITE),
  authorize: 'resource',
  body: T.Object({ tenant_id: Id }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 404],
});

export const showEc2Credential = operation({
  name: 'showEc2Credential',
  method: 'GET',
  path: ONE,
  policy: cloudScope(
    'ec2_get_credential',
    '(rule:admin_required) or (role:reader and system_scope:all) or user_id:%(target.credential.user_id)s',
  ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const deleteEc2Credential = operation({
  name: 'deleteEc2Credential',
  method: 'DELETE',
  path: ONE,
  policy: cloudScope('ec2_delete_credential', WRITE),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
