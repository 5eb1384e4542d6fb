import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from '../log/index.ts';
import type { Bus } from './bus.ts';
import { busUnavailable } from './errors.ts';
import { makeBus } from './make-bus.ts';
import { PendingCalls } from './pending-calls.ts';
import type { Address, BusTransport, Delivery, Outgoing, Subscription } from './transport.ts';

/** What waits in one queue at most; casts beyond it are refused. */
const MAX_QUEUED = 10_000;

interface Queued {
  readonly bytes: Buffer;
  deliveries: number;
  readonly reply: (bytes: Buffer) => void;
  /** Calls leave the queue at their deadline. */
  readonly deadline?: number;
}

interface Consumer {
  readonly subscription: Subscription;
  readonly running: Set<Promise<void>>;
  closed: boolean;
}

/** The bus inside one process: the same bytes, order and errors as over RabbitMQ, without a broker. Nothing survives the process. */
export function inProcessBus(options: { log: Logger }): Bus {
  return makeBus(new InProcessTransport(), options.log);
}

class InProcessTransport implements BusTransport {
  readonly system = 'in-process';
  readonly #queues = new Map<string, Queue>();
  readonly #fanouts = new Map<string, Set<Queue>>();
  readonly #pending = new PendingCalls();
  #closed = false;

  call(to: Address, message: Outgoing): Promise<Buffer> {
    const reply = this.#pending.open(to, message);
    const queue = this.#queues.get(queueName(to));
    if (this.#closed) this.#pending.fail(message.id, 'the bus is closed');
    else if (!queue) this.#pending.fail(message.id, 'nobody is there');
    else {
      const send = (bytes: Buffer) => this.#pending.settle(message.id, bytes);
      queue.add({ bytes: message.bytes, deliveries: 0, reply: send, deadline: message.deadline });
    }
    return reply;
  }

  async cast(to: Address, message: Outgoing): Promise<void> {
    const queue = this.#declare(queueName(to));
    if (this.#closed) throw busUnavailable({ method: message.method, reason: 'it is closed' });
    if (queue.isFull()) throw busUnavailable({ method: message.method, reason: 'its queue is full' });
    queue.add({ bytes: message.bytes, deliveries: 0, reply: ignore });
  }

  async fanout(topic: string, message: Outgoing): Promise<void> {
    if (this.#closed) throw busUnavailable({ method: message.method, reason: 'it is closed' });
    for (const queue of this.#fanouts.get(topic) ?? [])
      queue.add({ bytes: message.bytes, deliveries: 0, reply: ignore });
  }

  async consume(subscription: Subscription): Promise<{ close(): Promise<void> }> {
    const { topic, server } = subscription;
    const fanout = new Queue();
    const queues = [this.#declare(queueName({ topic })), this.#declare(queueName({ topic, server })), fanout];
    const consumers = queues.map((queue) => queue.attach(subscription));
    const listeners = this.#fanouts.get(topic) ?? new Set();
    this.#fanouts.set(topic, listeners.add(fanout));
    return {
      close: async () => {
        listeners.delete(fanout);
        await Promise.all(consumers.map((consumer, index) => queues[index]!.detach(consumer)));
      },
    };
  }

  healthy(): boolean {
    return !this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pending.failAll('the bus was closed');
  }

  #declare(name: string): Queue {
    const queue = this.#queues.get(name) ?? new Queue();
    this.#queues.set(name, queue);
    return queue;
  }
}

class Queue {
  /** A handler must not run inside the transaction, request or span of whoever sent the message. */
  static readonly #outside = AsyncLocalStorage.snapshot();
  #waiting: Queued[] = [];
  readonly #consumers: Consumer[] = [];
  #scheduled = false;

  isFull(): boolean {
    return this.#waiting.length >= MAX_QUEUED;
  }

  add(message: Queued): void {
    this.#waiting.push(message);
    this.#schedule();
  }

  attach(subscription: Subscription): Consumer {
    // It runs as what its consumer is, not as who sent it the message.
    const take = AsyncLocalStorage.bind(subscription.take);
    const consumer: Consumer = { subscription: { ...subscription, take }, running: new Set(), closed: false };
    this.#consumers.push(consumer);
    this.#schedule();
    return consumer;
  }

  async detach(consumer: Consumer): Promise<void> {
    consumer.closed = true;
    const index = this.#consumers.indexOf(consumer);
    if (index >= 0) this.#consumers.splice(index, 1);
    await Promise.all(consumer.running);
  }

  #schedule(): void {
    if (this.#scheduled || this.#consumers.length === 0) return;
    this.#scheduled = true;
    Queue.#outside(() => setImmediate(() => this.#deliver()));
  }

  #deliver(): void {
    this.#scheduled = false;
    while (this.#waiting.length > 0) {
      const free = this.#consumers.findIndex(({ running, subscription }) => running.size < subscription.concurrency);
      if (free < 0) return;
      // The consumer that was served goes to the end: they take turns.
      const [consumer] = this.#consumers.splice(free, 1);
      this.#consumers.push(consumer!);
      this.#hand(consumer!, this.#waiting.shift()!);
    }
  }

  #hand(consumer: Consumer, message: Queued): void {
    if (message.deadline !== undefined && message.deadline <= Date.now()) return;
    message.deliveries += 1;
    const delivery: Delivery = { bytes: message.bytes, deliveries: message.deliveries, reply: message.reply };
    const run = consumer.subscription.take(delivery).then((settlement) => {
      consumer.running.delete(run);
      if (settlement === 'requeue') this.#waiting.push(message);
      this.#schedule();
    });
    consumer.running.add(run);
  }
}

function queueName({ topic, server }: Address): string {
  return server === undefined ? topic : `${topic}.${server}`;
}

function ignore(): void {}
