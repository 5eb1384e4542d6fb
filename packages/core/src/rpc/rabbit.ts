import type { Logger } from '../log/index.ts';
import type { Bus } from './bus.ts';
import { busUnavailable } from './errors.ts';
import { makeBus } from './make-bus.ts';
import { RabbitConsumer } from './rabbit-consumer.ts';
import { RabbitLink } from './rabbit-link.ts';
import { RabbitPublisher } from './rabbit-publisher.ts';
import type { Address, BusTransport, Outgoing, Subscription } from './transport.ts';

export interface RabbitBusOptions {
  /** `amqp://user:password@host:port/vhost` or `amqps:`; several brokers of a cluster separated by commas after the host. */
  url: string;
  log: Logger;
  /** Put before every queue and exchange, so that several clouds can share a broker. */
  prefix?: string;
  /** How long the broker may leave a request or a message unanswered before its connection counts as lost. Default 20,000. */
  answerTimeoutMs?: number;
}

/**
 * The bus over RabbitMQ 3.10 or newer: a durable quorum queue per topic and per topic.server, a fanout exchange per topic,
 * publisher confirms, acknowledgement after the handler resolved. Reconnects for ever, also when the broker is connected but
 * does not answer; what was on its way is sent again, so consumers may see a message twice. A handler must end within the broker's consumer timeout (30 minutes by default).
 */
export function rabbitBus(options: RabbitBusOptions): Bus {
  return makeBus(new RabbitTransport(options), options.log);
}

class RabbitTransport implements BusTransport {
  readonly system = 'rabbitmq';
  readonly #link: RabbitLink;
  readonly #publisher: RabbitPublisher;
  readonly #log: Logger;

  constructor({ url, log, prefix = '', answerTimeoutMs }: RabbitBusOptions) {
    this.#log = log;
    this.#link = new RabbitLink({ url, log, prefix, answerTimeoutMs });
    this.#publisher = new RabbitPublisher(this.#link, log);
  }

  call(to: Address, message: Outgoing): Promise<Buffer> {
    return this.#publisher.call(to, message);
  }

  cast(to: Address, message: Outgoing): Promise<void> {
    const queue = this.#link.queueName(to);
    const route = { routingKey: queue, mandatory: true, durable: true };
    return this.#publisher.send(route, message, () => this.#link.declareQueue(queue));
  }

  fanout(topic: string, message: Outgoing): Promise<void> {
    const exchange = this.#link.fanoutName(topic);
    return this.#publisher.send({ exchange, routingKey: '' }, message, () => this.#link.declareFanout(exchange));
  }

  async consume(subscription: Subscription): Promise<{ close(): Promise<void> }> {
    if (this.#link.closed) throw busUnavailable({ method: subscription.topic, reason: 'it is closed' });
    const consumer = new RabbitConsumer(this.#link, subscription, this.#log);
    await consumer.start();
    return consumer;
  }

  healthy(): boolean {
    return this.#link.ready;
  }

  async close(): Promise<void> {
    await this.#publisher.close();
    await this.#link.close();
  }
}
