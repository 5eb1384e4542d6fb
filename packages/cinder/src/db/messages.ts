import { randomUUID } from 'node:crypto';
import { nowIso, toIso } from '@kumo/core/db';
import { publicText } from '@kumo/core/errors';
import type { Queries } from './schema.ts';

/** How long a message is kept. */
const KEPT_MS = 30 * 24 * 3_600_000;

export interface NewMessage {
  projectId: string;
  /** `VOLUME_VOLUME_001_002`: resource, action, detail. */
  eventId: string;
  /** Kept without the host's paths and addresses. */
  text: string;
  requestId?: string;
  resourceType: 'VOLUME' | 'VOLUME_SNAPSHOT';
  resourceId: string;
}

export async function insertMessage(tx: Queries, message: NewMessage): Promise<void> {
  await tx
    .insertInto('messages')
    .values({
      id: randomUUID(),
      project_id: message.projectId,
      event_id: message.eventId,
      user_message: publicText(message.text).slice(0, 2000),
      message_level: 'ERROR',
      request_id: message.requestId ?? null,
      resource_type: message.resourceType,
      resource_id: message.resourceId,
      created_at: nowIso(),
      expires_at: toIso(Date.now() + KEPT_MS),
    })
    .execute();
}

export async function dropExpiredMessages(q: Queries): Promise<void> {
  await q.deleteFrom('messages').where('expires_at', '<', nowIso()).execute();
}
