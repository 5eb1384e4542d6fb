import { operation } from '@kumo/core/http';
import { Links, paging, sortKeys, sortList } from '@kumo/core/schema';
import { Type as T } from 'typebox';
import { Text } from './list-query.ts';
import { member, reader } from './policies.ts';
import { NullableString, PageLinks, PathId } from './shared-schemas.ts';

const MessageParams = T.Object({ message_id: PathId });
/** Why something that was accepted failed afterwards, for its user. */
const MessageBody = T.Object({
  id: T.String(),
  event_id: T.String(),
  user_message: T.String(),
  message_level: T.String(),
  created_at: T.String(),
  guaranteed_until: NullableString,
  request_id: NullableString,
  resource_type: NullableString,
  resource_uuid: NullableString,
  links: Links,
});

export const listMessages = operation({
  name: 'listMessages',
  method: 'GET',
  path: '/v3/messages',
  policy: reader('message:get_all'),
  versions: { min: '3.3' },
  query: T.Object(
    {
      ...paging,
      ...sortKeys,
      ...sortList,
      event_id: Text,
      request_id: Text,
      resource_type: Text,
      resource_uuid: Text,
      message_level: Text,
    },
    { additionalProperties: true },
  ),
  reply: T.Object({ messages: T.Array(MessageBody), messages_links: PageLinks }),
  errors: [400, 401, 403],
});

export const showMessage = operation({
  name: 'showMessage',
  method: 'GET',
  path: '/v3/messages/{message_id}',
  policy: reader('message:get'),
  authorize: 'resource',
  versions: { min: '3.3' },
  params: MessageParams,
  reply: T.Object({ message: MessageBody }),
  errors: [401, 404],
});

export const deleteMessage = operation({
  name: 'deleteMessage',
  method: 'DELETE',
  path: '/v3/messages/{message_id}',
  policy: member('message:delete'),
  authorize: 'resource',
  versions: { min: '3.3' },
  params: MessageParams,
  status: 204,
  errors: [401, 403, 404],
});
