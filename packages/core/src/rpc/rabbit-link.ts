import type { Channel, Connection } from 'rabbitmq-client';
import type { Logger } from '../log/index.ts';
import type { Address } from './transport.ts';

const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;
/** Between attempts to open a channel after one failed for another reason than a lost connection. */
const REOPEN_MS = 200;
/** The library waits so long for a connection before `acquire` fails; we simply ask again. */
const ACQUIRE_TIMEOUT_MS = 60_000;

/** One connection of this process to the broker, what it declared there, and channels on it. */
export class RabbitLink {
  readonly #connection: Promise<Connection>;
  readonly #prefix: string;
  readonly #log: Logger;
  /** Declarations of this connection, by name; forgotten when it is lost, since the broker may come back empty. */
  readonly #declared = new Map<string, Promise<unknown>>();
  #closed = false;
  #open: Connection | undefined;

  constructor({ url, log, prefix }: { url: string; log: Logger; prefix: string }) {
    this.#prefix = prefix;
    this.#log = log;
    this.#connection = this.#connect(url);
    this.#connection.catch((error) => log.error({ err: error }, 'RabbitMQ client could not be made'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get ready(): boolean {
    return !this.#closed && this.#open?.ready === true;
  }

  queueName({ topic, server }: Address): string {
    return this.#prefix + (server === undefined ? topic : `${topic}.${server}`);
  }

  fanoutName(topic: string): string {
    return `${this.#prefix}${topic}.fanout`;
  }

  /** Opens a channel, waiting for the broker as long as it takes. @throws when the bus is closed meanwhile. */
  async channel(): Promise<Channel> {
    const connection = await this.#connection;
    for (;;) {
      if (this.#closed) throw new Error('the bus is closed');
      try {
        return await connection.acquire({ emitErrorsFromChannel: true });
      } catch (error) {
        this.#log.debug({ err: error }, 'no RabbitMQ channel yet');
        await pause(REOPEN_MS);
      }
    }
  }

  declareQueue(queue: string): Promise<unknown> {
    return this.#once(`queue ${queue}`, (connection) => connection.queueDeclare({ queue, ...QUORUM }));
  }

  declareFanout(exchange: string): Promise<unknown> {
    return this.#once(`exchange ${exchange}`, (connection) =>
      connection.exchangeDeclare({ exchange, type: 'fanout', durable: true }),
    );
  }

  /** After a message found no queue: somebody deleted what we had declared. */
  forgetDeclarations(): void {
    this.#declared.clear();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const connection = await this.#connection;
    // A connection that is being tried again has nothing to say goodbye to.
    if (connection.ready) await connection.close();
    else connection.unsafeDestroy();
  }

  #once(key: string, declare: (connection: Connection) => Promise<unknown>): Promise<unknown> {
    const known = this.#declared.get(key);
    if (known) return known;
    const declared = this.#connection.then(declare);
    this.#declared.set(key, declared);
    declared.catch(() => {
      if (this.#declared.get(key) === declared) this.#declared.delete(key);
    });
    return declared;
  }

  async #connect(url: string): Promise<Connection> {
    const { Connection } = await import('rabbitmq-client');
    const connection = new Connection({
      url,
      connectionName: 'kumo',
      heartbeat: 20,
      noDelay: true,
      retryLow: 100,
      retryHigh: 2_000,
      acquireTimeout: ACQUIRE_TIMEOUT_MS,
    });
    connection.on('error', (error) => {
      this.#declared.clear();
      if (!this.#closed) this.#log.warn({ err: error }, 'RabbitMQ connection: trouble, trying again');
    });
    connection.on('connection', () => {
      this.#declared.clear();
      this.#log.info('RabbitMQ connected');
    });
    connection.on('connection.blocked', (reason) =>
      this.#log.warn({ reason }, 'RabbitMQ accepts no messages at the moment'),
    );
    connection.on('connection.unblocked', () => this.#log.info('RabbitMQ accepts messages again'));
    this.#open = connection;
    return connection;
  }
}

/** A pause that keeps no process alive. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
