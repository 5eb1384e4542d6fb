import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { Logger } from '../log/index.ts';
import { pause, type RabbitLink } from './rabbit-link.ts';
import type { Subscription } from './transport.ts';

const RESUME_MS = 200;

/**
 * The three queues of one `serve` on one channel. When the channel is lost it is opened again at once, also while handlers
 * still run: their messages come again and join them (see Server), so the acknowledgement then goes over the new channel.
 */
export class RabbitConsumer {
  readonly #link: RabbitLink;
  readonly #subscription: Subscription;
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();
  #channel: Channel | undefined;
  #tags: string[] = [];
  #closing = false;

  constructor(link: RabbitLink, subscription: Subscription, log: Logger) {
    this.#link = link;
    this.#subscription = subscription;
    this.#log = log;
  }

  /** Resolves when the broker delivers. Waits for a broker that is away. */
  async start(): Promise<void> {
    while (!this.#closing) {
      try {
        await this.#open();
        return;
      } catch (error) {
        if (this.#link.closed) throw error;
        this.#log.warn(
          { err: error, topic: this.#subscription.topic },
          "cannot consume from RabbitMQ yet; trying again: do its user's permissions allow to declare queues?",
        );
        await pause(RESUME_MS);
      }
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    const channel = this.#channel;
    if (channel?.active) {
      await Promise.all(this.#tags.map((consumerTag) => channel.basicCancel({ consumerTag }))).catch((error) =>
        this.#log.debug({ err: error }, 'the channel was lost while it was being closed'),
      );
    }
    await Promise.all(this.#running);
    await channel?.close();
  }

  async #open(): Promise<void> {
    const { topic, server, concurrency } = this.#subscription;
    const channel = await this.#link.channel();
    this.#channel = channel;
    channel.on('error', (error) => this.#log.warn({ err: error, topic }, 'RabbitMQ closed a channel'));
    channel.on('basic.cancel', () => void channel.close());
    try {
      const link = this.#link;
      const fanout = link.fanoutName(topic);
      const queues = [link.queueName({ topic }), link.queueName({ topic, server })];
      for (const queue of queues) await link.declareQueue(queue);
      await link.declareFanout(fanout);
      const own = await link.answered('queue.declare', channel.queueDeclare({ exclusive: true, autoDelete: true }));
      await link.answered('queue.bind', channel.queueBind({ exchange: fanout, queue: own.queue }));
      await link.answered('basic.qos', channel.basicQos({ prefetchCount: concurrency }));
      const take = (message: AsyncMessage) => this.#take(channel, message);
      const tags: string[] = [];
      for (const queue of [...queues, own.queue]) {
        const consuming = link.answered(`basic.consume ${queue}`, channel.basicConsume({ queue }, take));
        tags.push((await consuming).consumerTag);
      }
      this.#tags = tags;
    } catch (error) {
      // Not waited for: a channel that is lost while it is being closed may never say so.
      void channel.close();
      throw error;
    }
    if (channel.active) channel.once('close', () => this.#resume());
    else throw new Error('the channel was lost while it was being set up');
  }

  #resume(): void {
    if (this.#closing || this.#link.closed) return;
    this.start()
      .then(() => {
        if (!this.#closing) this.#subscription.onResumed?.();
      })
      .catch((error) => this.#log.debug({ err: error }, 'consumer not resumed: the bus is closed'));
  }

  #take(channel: Channel, message: AsyncMessage): void {
    const { deliveryTag, body, replyTo, correlationId } = message;
    const reply = (bytes: Buffer) => {
      if (!replyTo || !channel.active) return;
      channel
        .basicPublish({ routingKey: replyTo, correlationId }, bytes)
        .catch((error) => this.#log.debug({ err: error, correlationId }, 'reply lost: the caller asks again'));
    };
    const run = this.#subscription
      .take({ bytes: body, deliveries: deliveriesOf(message), reply })
      .then((settlement) => {
        this.#running.delete(run);
        // On a lost channel there is nothing to settle: the broker delivers the message again.
        if (!channel.active) return;
        if (settlement === 'ack') channel.basicAck({ deliveryTag });
        else channel.basicNack({ deliveryTag, requeue: true });
      });
    this.#running.add(run);
  }
}

/** Quorum queues count; the classic queue of a fanout only says that it was not the first time. */
function deliveriesOf(message: AsyncMessage): number {
  const count = message.headers?.['x-delivery-count'];
  return (typeof count === 'number' ? count : message.redelivered ? 1 : 0) + 1;
}
