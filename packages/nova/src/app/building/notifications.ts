import { randomUUID } from 'node:crypto';
import { afterCommit, nowIso } from '@kumo/core/db';
import { type Bus, cast, rpc } from '@kumo/core/rpc';
import type { Transaction } from 'kysely';
import { Type as T } from 'typebox';
import type { NovaTables } from '../../db/schema.ts';
import type { Server } from '../../db/servers.ts';

/** oslo.messaging's unversioned notification. */
export const notificationsRpc = rpc('notifications', '1.0', {
  info: cast(
    T.Object({
      message_id: T.String(),
      publisher_id: T.String(),
      event_type: T.String(),
      priority: T.String(),
      timestamp: T.String(),
      payload: T.Record(T.String(), T.Unknown()),
    }),
  ),
});

/** Tells of an event when the transaction that it is part of has been committed. */
export type Notify = (
  tx: Transaction<NovaTables>,
  event: string,
  server: Server,
  more?: Record<string, unknown>,
) => void;

/**
 * Publishes what becomes of servers to whoever listens to topic `notifications` now; nothing is kept for those who do not,
 * and nobody waits for it.
 */
export function notifier(bus: Bus, host: string): Notify {
  const notifications = bus.client(notificationsRpc, { from: 'nova-conductor' });
  return (tx, event, server, more = {}) => {
    const message = {
      message_id: randomUUID(),
      publisher_id: `compute.${server.host ?? host}`,
      event_type: `compute.instance.${event}`,
      priority: 'INFO',
      timestamp: nowIso(),
      payload: { ...payloadOf(server), ...more },
    };
    afterCommit(tx, { name: message.event_type, send: () => notifications.info(message, { fanout: true }) });
  };
}

function payloadOf(server: Server): Record<string, unknown> {
  return {
    instance_id: server.id,
    tenant_id: server.projectId,
    user_id: server.userId,
    display_name: server.name,
    hostname: server.hostname,
    host: server.host,
    node: server.node,
    availability_zone: server.availabilityZone,
    instance_type: server.flavor.name,
    instance_flavor_id: server.flavor.id,
    vcpus: server.flavor.vcpus,
    memory_mb: server.flavor.memoryMb,
    root_gb: server.flavor.rootGb,
    ephemeral_gb: server.flavor.ephemeralGb,
    disk_gb: server.flavor.rootGb + server.flavor.ephemeralGb,
    image_ref_url: server.imageRef,
    state: server.vmState,
    state_description: server.taskState ?? '',
    created_at: server.createdAt,
    launched_at: server.launchedAt ?? '',
    terminated_at: server.terminatedAt ?? '',
    deleted_at: server.deletedAt ?? '',
    reservation_id: server.reservationId,
  };
}
