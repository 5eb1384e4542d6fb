import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, client, ServiceTokenSource, type Transport } from '@kumo/core/client';
import { KumoError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import { createExternalEvents } from '@kumo/nova/api';

export interface NovaEvent {
  name: 'network-changed' | 'network-vif-plugged' | 'network-vif-unplugged' | 'network-vif-deleted';
  serverId: string;
  portId?: string;
  failed?: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_WAITING = 10_000;
const MAX_BATCH = 100;
const CLOSE_MS = 1000;

/**
 * Tells nova-api what became of instances' ports, in order, in batches, never in a caller's way. Nova asks Neutron itself
 * for what it misses, so an event that cannot be delivered within the client's deadline is given up.
 */
export class NovaNotifier {
  readonly #nova: Client<{ createExternalEvents: typeof createExternalEvents }>;
  readonly #log: Logger;
  readonly #waiting: NovaEvent[] = [];
  #sending: Promise<void> | undefined;

  constructor(options: {
    nova: Transport;
    keystone: Transport;
    user: { username: string; password: string };
    log: Logger;
  }) {
    const source = new ServiceTokenSource({ transport: options.keystone, from: 'neutron-server', ...options.user });
    this.#log = options.log;
    this.#nova = client({ createExternalEvents }, options.nova, {
      from: 'neutron-server',
      to: 'nova-api',
      token: () => source.token(),
      deadlineMs: 30_000,
    });
  }

  /** Events about devices that are no instances are left out. */
  post(events: readonly NovaEvent[]): void {
    this.#waiting.push(...events.filter((event) => UUID.test(event.serverId)));
    if (this.#waiting.length > MAX_WAITING) this.#waiting.splice(0, this.#waiting.length - MAX_WAITING);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Waits a moment for what is being sent; the rest is given up, for Nova asks by itself. */
  async close(): Promise<void> {
    if (this.#sending) await Promise.race([this.#sending, sleep(CLOSE_MS, undefined, { ref: false })]);
    this.#waiting.length = 0;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const events = batch.map(({ name, serverId, portId, failed }) => ({
        name,
        server_uuid: serverId,
        status: failed ? ('failed' as const) : ('completed' as const),
        ...(portId === undefined ? {} : { tag: portId }),
      }));
      try {
        await this.#nova.createExternalEvents({ body: { events } });
      } catch (error) {
        // Nova knows none of these instances (yet, or any more): that is its own business.
        if (error instanceof KumoError && error.kind === 'notFound') this.#log.debug({ events }, 'unknown to nova');
        else this.#log.warn({ err: error, events }, 'nova could not be told');
      }
    }
  }
}
