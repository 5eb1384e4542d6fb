import type { Channel } from 'rabbitmq-client';
import type { Logger } from '../log/index.ts';
import { pause, RabbitLink } from '../rpc/rabbit-link.ts';
import { type Notification, type Notifier, osloEnvelope } from './notification.ts';

const RETRY_MS = 500;
/** Sent together before their confirms are waited for. */
const BATCH = 100;
const CLOSE_MS = 2_000;

export interface RabbitNotifierOptions {
  /** As for `rabbitBus`. */
  readonly url: string;
  readonly log: Logger;
  /** The topic exchange, named after the service: `keystone`. */
  readonly exchange: string;
  /** Routing keys are `<topic>.<priority>`. */
  readonly topics: readonly string[];
  /** Notifications kept while the broker is away; beyond, the oldest are dropped. Default 10,000. */
  readonly maxWaiting?: number;
}

/**
 * Notifications over RabbitMQ as oslo.messaging's driver sends them. Listeners declare and bind queues of their own; nothing
 * piles up for those who never listened. What a lost connection leaves unconfirmed is sent again: listeners may see it twice.
 */
export function rabbitNotifier(options: RabbitNotifierOptions): Notifier {
  return new RabbitNotifier(options);
}

interface Waiting {
  readonly routingKeys: readonly string[];
  readonly bytes: Buffer;
}

class RabbitNotifier implements Notifier {
  readonly #options: RabbitNotifierOptions;
  readonly #link: RabbitLink;
  #waiting: Waiting[] = [];
  #dropped = 0;
  #pumping: Promise<void> | undefined;
  #channel: Channel | undefined;
  /** Rejects when the channel goes: the library never settles what was written on it then. */
  #lost: Promise<never> | undefined;
  #isForeign = false;
  #closed = false;

  constructor(options: RabbitNotifierOptions) {
    const { url, log } = options;
    this.#options = options;
    this.#link = new RabbitLink({ url, log, prefix: '' });
  }

  notify(notification: Notification): void {
    if (this.#closed) return;
    const { topics, maxWaiting = 10_000, log } = this.#options;
    if (this.#waiting.length >= maxWaiting) {
      this.#waiting.shift();
      this.#dropped += 1;
      if (this.#dropped % 1000 === 1) log.warn({ dropped: this.#dropped }, 'RabbitMQ is away: notifications are lost');
    }
    const routingKeys = topics.map((topic) => `${topic}.${notification.priority}`);
    this.#waiting.push({ routingKeys, bytes: osloEnvelope(notification) });
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
    });
  }

  async close(): Promise<void> {
    await Promise.race([this.#pumping, pause(CLOSE_MS)]);
    this.#closed = true;
    // The connection waits for its channels.
    if (this.#channel?.active) await this.#channel.close();
    await this.#link.close();
  }

  async #pump(): Promise<void> {
    const { log } = this.#options;
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#waiting.slice(0, BATCH);
      try {
        const channel = await this.#opened();
        const sending = Promise.all(batch.map((one) => this.#publish(channel, one)));
        await Promise.race([sending, this.#lost]);
        // The oldest may have been dropped meanwhile.
        const sent = new Set(batch);
        this.#waiting = this.#waiting.filter((one) => !sent.has(one));
      } catch (error) {
        if (this.#closed) return;
        log.debug({ err: error }, 'notifications are sent again');
        this.#channel = undefined;
        await pause(RETRY_MS);
      }
    }
  }

  async #publish(channel: Channel, { routingKeys, bytes }: Waiting): Promise<void> {
    const { exchange } = this.#options;
    const shape = { exchange, durable: true, contentType: 'application/json', contentEncoding: 'utf-8' };
    for (const routingKey of routingKeys)
      await this.#link.answered('basic.publish', channel.basicPublish({ ...shape, routingKey }, bytes));
  }

  async #opened(): Promise<Channel> {
    if (this.#channel?.active) return this.#channel;
    const { exchange, log } = this.#options;
    const channel = await this.#link.channel();
    channel.on('error', (error) => log.warn({ err: error }, 'RabbitMQ refused a notification'));
    try {
      // As oslo.messaging declares it by default: listeners declare the same, and may have been first.
      if (!this.#isForeign)
        await this.#link.answered(
          'exchange.declare',
          channel.exchangeDeclare({ exchange, type: 'topic', durable: false, autoDelete: false }),
        );
    } catch (error) {
      this.#isForeign = isPrecondition(error);
      throw error;
    }
    await this.#link.answered('confirm.select', channel.confirmSelect());
    const { promise: lost, reject } = Promise.withResolvers<never>();
    channel.once('close', () => reject(new Error('the channel was lost')));
    lost.catch(() => {});
    this.#lost = lost;
    this.#channel = channel;
    return channel;
  }
}

/** Whether the exchange is there with other properties, which is as well. */
function isPrecondition(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'PRECONDITION_FAILED';
}
