import { type HandlerInput, implement, nextLinks, type RequestFacts, type Route } from '@kumo/core/http';
import type { Message, Messages } from '../app/messages.ts';
import { messageNotFound } from '../errors.ts';
import { deleteMessage, listMessages, showMessage } from './messages.ts';
import { linksOf } from './wire/links.ts';

export function messageRoutes(messages: Messages, maxPage: number): Route[] {
  const own = async (id: string, authorize: HandlerInput['authorize']) => {
    const message = await messages.show(id);
    authorize({ project_id: message.projectId }, { rule: showMessage.policy.name, notFound: messageNotFound({ id }) });
    authorize({ project_id: message.projectId });
    return message;
  };
  return [
    implement(listMessages, async ({ ctx, query, request }) => {
      const { rows, hasMore } = await messages.list(ctx, query, maxPage);
      return {
        messages: rows.map((one) => bodyOf(one, request)),
        ...nextLinks('messages', request, hasMore ? rows.at(-1)?.id : undefined),
      };
    }),
    implement(showMessage, async ({ params, authorize, request }) => ({
      message: bodyOf(await own(params.message_id, authorize), request),
    })),
    implement(deleteMessage, async ({ params, authorize }) =>
      messages.remove((await own(params.message_id, authorize)).id),
    ),
  ];
}

function bodyOf(message: Message, request: RequestFacts) {
  return {
    id: message.id,
    event_id: message.eventId,
    user_message: message.text,
    message_level: message.level,
    created_at: message.createdAt,
    guaranteed_until: message.expiresAt,
    request_id: message.requestId,
    resource_type: message.resourceType,
    resource_uuid: message.resourceId,
    links: linksOf(request, message.projectId, `/messages/${message.id}`),
  };
}
