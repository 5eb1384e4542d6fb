import type { Context } from '@kumo/core/context';
import { type Page, pageQuery } from '@kumo/core/db';
import type { QueryOf } from '@kumo/core/http';
import type { listMessages } from '../api/messages.ts';
import type { CinderDb, MessageRow } from '../db/schema.ts';
import { messageNotFound } from '../errors.ts';
import { equal, pageOf } from './listing.ts';
import { pageOptions } from './volume-list.ts';

const SORTS = {
  id: 'id',
  event_id: 'event_id',
  resource_type: 'resource_type',
  resource_uuid: 'resource_id',
  request_id: 'request_id',
  message_level: 'message_level',
  created_at: 'created_at',
} as const;

export interface Message {
  id: string;
  projectId: string;
  eventId: string;
  text: string;
  level: string;
  requestId: string | null;
  resourceType: string | null;
  resourceId: string | null;
  createdAt: string;
  expiresAt: string;
}

/** Why what was accepted failed afterwards. */
export class Messages {
  readonly #db: CinderDb;

  constructor(db: CinderDb) {
    this.#db = db;
  }

  async list(ctx: Context, query: QueryOf<typeof listMessages>, maxPage: number): Promise<Page<Message>> {
    const page = pageOf(query, maxPage, SORTS);
    const filters = [
      ...equal('event_id', query.event_id),
      ...equal('request_id', query.request_id),
      ...equal('resource_type', query.resource_type),
      ...equal('resource_id', query.resource_uuid),
      ...equal('message_level', query.message_level),
    ];
    const base = this.#db.q
      .selectFrom('messages')
      .where('project_id', '=', ctx.projectId ?? '')
      .selectAll();
    const { rows, hasMore } = await pageQuery(base, { ...pageOptions(page, messageNotFound), filters });
    return { rows: rows.map(toMessage), hasMore };
  }

  /** @throws messageNotFound. */
  async show(id: string): Promise<Message> {
    const row = await this.#db.q.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw messageNotFound({ id });
    return toMessage(row);
  }

  async remove(id: string): Promise<void> {
    await this.#db.q.deleteFrom('messages').where('id', '=', id).execute();
  }
}

function toMessage(row: MessageRow): Message {
  return {
    id: row.id,
    projectId: row.project_id,
    eventId: row.event_id,
    text: row.user_message,
    level: row.message_level,
    requestId: row.request_id,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
