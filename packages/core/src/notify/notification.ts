import { randomUUID } from 'node:crypto';
import { maskSecrets } from '../log/index.ts';

export type Priority = 'audit' | 'debug' | 'info' | 'warn' | 'error' | 'critical' | 'sample';

/** Something that happened, as OpenStack's services tell it to whoever listens. */
export interface Notification {
  /** `identity.user.created` */
  readonly eventType: string;
  /** Who tells it: `identity.<host>`. */
  readonly publisherId: string;
  readonly priority: Priority;
  /** No token and no secret: everybody on the bus can read it. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Publishes notifications. */
export interface Notifier {
  /** Takes it and returns at once; a failure to tell it is logged and concerns nobody else. */
  notify(notification: Notification): void;
  /** Tells what is waiting, for a moment at most, and lets go of what it holds. */
  close(): Promise<void>;
}

/**
 * A notification as oslo.messaging sends it: an envelope of version 2.0 around the message as text. `message_id` is new with
 * each call; what looks like a secret in it is masked.
 */
export function osloEnvelope({ eventType, publisherId, priority, payload }: Notification): Buffer {
  const message = {
    message_id: randomUUID(),
    publisher_id: publisherId,
    event_type: eventType,
    priority: priority.toUpperCase(),
    payload,
    timestamp: `${new Date().toISOString().replace('T', ' ').replace('Z', '')}000`,
    _unique_id: randomUUID().replaceAll('-', ''),
  };
  return Buffer.from(JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': maskSecrets(JSON.stringify(message)) }));
}
