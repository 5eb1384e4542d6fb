import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, client, ServiceTokenSource, type Transport } from '@kumo/core/client';
import { afterCommit } from '@kumo/core/db';
import { KumoError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import { createExternalEvents } from '@kumo/nova/api';
import type { Tx } from '../db/table.ts';

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
const PAUSE = { firstMs: 250, maxMs: 5_000 };

/**
 * Tells nova-api, after the commit, what became of instances' ports: in order, in batches, never in a caller's way. While
 * nova-api is away they wait, 10,000 at most; Nova asks Neutron itself for what it misses (this process killed, say).
 */
export class NovaNotifier {
  readonly #nova: Client<{ createExternalEvents: typeof createExternalEvents }>;
  readonly #log: Logger;
  readonly #waiting: NovaEvent[] = [];
  readonly #closing = new AbortController();
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
  post(tx: Tx, events: readonly NovaEvent[]): void {
    const own = events.filter((event) => UUID.test(event.serverId));
    if (own.length > 0) afterCommit(tx, { name: 'nova-api.createExternalEvents', send: async () => this.#add(own) });
  }

  #add(events: readonly NovaEvent[]): void {
    this.#waiting.push(...events);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.splice(0, this.#waiting.length - MAX_WAITING);
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Waits a moment for what is being sent; the rest is given up, for Nova asks by itself. */
  async close(): Promise<void> {
    if (this.#sending) await Promise.race([this.#sending, sleep(CLOSE_MS, undefined, { ref: false })]);
    this.#waiting.length = 0;
    this.#closing.abort();
  }

  async #sendAll(): Promise<void> {
    for (let failures = 0; this.#waiting.length > 0; ) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const events = batch.map(({ name, serverId, portId, failed }) => ({
        name,
        server_uuid: serverId,
        status: failed ? ('failed' as const) : ('completed' as const),
        ...(portId === undefined ? {} : { tag: portId }),
      }));
      try {
        await this.#nova.createExternalEvents({ body: { events } });
        failures = 0;
      } catch (error) {
        // Nova knows none of these instances (yet, or any more): that is its own business.
        if (error instanceof KumoError && error.kind === 'notFound') this.#log.debug({ events }, 'unknown to nova');
        else if (!isAway(error)) this.#log.warn({ err: error, events }, 'nova could not be told');
        else {
          if (failures === 0) this.#log.warn({ err: error }, 'nova is away: it is told of its ports later');
          this.#waiting.unshift(...batch);
          const pauseMs = Math.min(PAUSE.maxMs, PAUSE.firstMs * 2 ** Math.min(failures++, 20));
          await sleep(pauseMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
          if (this.#closing.signal.aborted) return;
        }
      }
    }
  }
}

function isAway(error: unknown): boolean {
  return error instanceof KumoError && (error.retryable || error.kind === 'unavailable');
}
