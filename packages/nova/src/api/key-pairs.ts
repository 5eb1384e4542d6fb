import { operation } from '@kumo/core/http';
import { changed, since } from '@kumo/core/microversion';
import { policy } from '@kumo/core/policy';
import { paging } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { NextLinks, NullableText, strict } from './shared-schemas.ts';

const own = (name: string) =>
  policy(`os_compute_api:os-keypairs:${name}`, '(rule:context_is_admin) or user_id:%(user_id)s', {
    scope: ['project'],
  });
const KeyParams = T.Object({ keypair_name: T.String({ maxLength: 255 }) });
const UserQuery = T.Object({ user_id: T.Optional(since('2.10', T.String({ minLength: 1, maxLength: 255 }))) });

const KeyPair = T.Object({
  name: T.String(),
  public_key: T.String(),
  fingerprint: T.String(),
  type: since('2.2', T.String()),
});
const NewKeyPair = T.Object({ ...KeyPair.properties, user_id: T.String(), private_key: T.Optional(T.String()) });
const ShownKeyPair = T.Object({
  ...KeyPair.properties,
  user_id: T.String(),
  id: T.Integer(),
  created_at: T.String(),
  updated_at: NullableText,
  deleted: T.Boolean(),
  deleted_at: NullableText,
});

export const listKeyPairs = operation({
  name: 'listKeyPairs',
  method: 'GET',
  path: '/v2.1/os-keypairs',
  policy: own('index'),
  authorize: 'resource',
  query: T.Object({
    ...UserQuery.properties,
    limit: T.Optional(since('2.35', paging.limit)),
    marker: T.Optional(since('2.35', paging.marker)),
  }),
  reply: T.Object({ keypairs: T.Array(T.Object({ keypair: KeyPair })), keypairs_links: NextLinks }),
  errors: [400, 401, 403],
});
export const showKeyPair = operation({
  name: 'showKeyPair',
  method: 'GET',
  path: '/v2.1/os-keypairs/{keypair_name}',
  policy: own('show'),
  authorize: 'resource',
  params: KeyParams,
  query: UserQuery,
  reply: T.Object({ keypair: ShownKeyPair }),
  errors: [401, 403, 404],
});
export const createKeyPair = operation({
  name: 'createKeyPair',
  method: 'POST',
  path: '/v2.1/os-keypairs',
  policy: own('create'),
  authorize: 'resource',
  body: strict({
    keypair: strict({
      name: changed(
        '2.92',
        T.String({
          minLength: 1,
          maxLength: 255,
          pattern: '^[a-zA-Z0-9 @._-]+$',
          form: 'made of letters, digits, spaces and @ . _ -',
        }),
        T.String({
          minLength: 1,
          maxLength: 255,
          pattern: '^[a-zA-Z0-9 _-]+$',
          form: 'made of letters, digits, spaces, _ and -',
        }),
      ),
      // Without it a key is made, up to 2.91.
      public_key: changed(
        '2.92',
        T.String({ minLength: 1, maxLength: 16_384 }),
        T.Optional(T.String({ minLength: 1, maxLength: 16_384 })),
      ),
      type: T.Optional(since('2.2', T.Enum(['ssh', 'x509']))),
      user_id: T.Optional(since('2.10', T.String({ minLength: 1, maxLength: 255 }))),
    }),
  }),
  reply: T.Object({ keypair: NewKeyPair }),
  // 200 in 2.1.
  status: 201,
  errors: [400, 401, 403, 409],
});
export const deleteKeyPair = operation({
  name: 'deleteKeyPair',
  method: 'DELETE',
  path: '/v2.1/os-keypairs/{keypair_name}',
  policy: own('delete'),
  authorize: 'resource',
  params: KeyParams,
  query: UserQuery,
  // 202 in 2.1.
  status: 204,
  errors: [401, 403, 404],
});
