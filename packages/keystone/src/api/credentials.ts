import { operation } from '@kumo/core/http';
import { Type as T } from 'typebox';
import { anyScope } from './rules.ts';
import { Id, IdQuery, listOf, page, SelfLink } from './shared-schemas.ts';

const READ = '(rule:admin_required) or (role:reader and system_scope:all) or user_id:%(target.credential.user_id)s';
const WRITE = '(rule:admin_required) or user_id:%(target.credential.user_id)s';

const Blob = T.String({ maxLength: 65_536 });

export const CredentialBody = T.Object({
  id: T.String(),
  user_id: T.String(),
  project_id: T.Union([T.String(), T.Null()]),
  type: T.String(),
  blob: T.String(),
  links: SelfLink,
});
const Shown = T.Object({ credential: CredentialBody });

/** What else a client sends is kept and shown, as Keystone does. */
export const CredentialCreate = T.Object(
  {
    user_id: Id,
    project_id: T.Optional(T.Union([Id, T.Null()])),
    type: T.String({ minLength: 1, maxLength: 255 }),
    blob: Blob,
  },
  { maxProperties: 32 },
);

/** Only the blob can be changed; the rest may be repeated as it is. */
export const CredentialUpdate = T.Object({ blob: T.Optional(Blob) }, { minProperties: 1, maxProperties: 32 });

export const listCredentials = operation({
  name: 'listCredentials',
  method: 'GET',
  path: '/v3/credentials',
  policy: anyScope('list_credentials', READ),
  authorize: 'resource',
  query: T.Object({ ...page, user_id: T.Optional(IdQuery), type: T.Optional(IdQuery) }),
  reply: listOf('credentials', CredentialBody),
  errors: [400, 401, 403],
});

export const createCredential = operation({
  name: 'createCredential',
  method: 'POST',
  path: '/v3/credentials',
  policy: anyScope('create_credential', WRITE),
  authorize: 'resource',
  body: T.Object({ credential: CredentialCreate }),
  reply: Shown,
  status: 201,
  errors: [400, 401, 403, 409],
});

export const showCredential = operation({
  name: 'showCredential',
  method: 'GET',
  path: '/v3/credentials/{credential_id}',
  policy: anyScope('get_credential', READ),
  authorize: 'resource',
  reply: Shown,
  errors: [401, 403, 404],
});

export const updateCredential = operation({
  name: 'updateCredential',
  method: 'PATCH',
  path: '/v3/credentials/{credential_id}',
  policy: anyScope('update_credential', WRITE),
  authorize: 'resource',
  body: T.Object({ credential: CredentialUpdate }),
  reply: Shown,
  errors: [400, 401, 403, 404, 409],
});

export const deleteCredential = operation({
  name: 'deleteCredential',
  method: 'DELETE',
  path: '/v3/credentials/{credential_id}',
  policy: anyScope('delete_credential', WRITE),
  authorize: 'resource',
  status: 204,
  errors: [401, 403, 404],
});
