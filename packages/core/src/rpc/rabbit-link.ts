import type { Channel, Connection } from 'rabbitmq-client';
import type { Logger } from '../log/index.ts';
import { TLS_FLOOR } from '../tls/index.ts';
import type { Address } from './transport.ts';

const QUORUM = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;
/** Between attempts to open a channel after one failed for another reason than a lost connection. */
const REOPEN_MS = 200;
/** The library waits so long for a connection before `acquire` fails; we simply ask again. */
const ACQUIRE_TIMEOUT_MS = 60_000;
/** A broker that is up but slow, e.g. one that recovers many queues, must not be taken for one that is lost. */
const ANSWER_TIMEOUT_MS = 20_000;

export interface RabbitLinkOptions {
  url: string;
  log: Logger;
  prefix: string;
  /** Default 20,000. */
  answerTimeoutMs?: number;
}

/** One connection of this process to the broker at a time, what it declared there, and channels on it. */
export class RabbitLink {
  readonly #url: string;
  readonly #prefix: string;
  readonly #log: Logger;
  readonly #answerTimeoutMs: number;
  #connection: Promise<Connection>;
  /** Declarations of this connection, by name; forgotten when it is lost, since the broker may come back empty. */
  readonly #declared = new Map<string, Promise<unknown>>();
  #closed = false;
  #open: Connection | undefined;
  /** Since when the broker has been there to answer, by performance.now(). */
  #readySince = 0;

  constructor({ url, log, prefix, answerTimeoutMs = ANSWER_TIMEOUT_MS }: RabbitLinkOptions) {
    this.#url = url;
    this.#prefix = prefix;
    this.#log = log;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#connection = this.#connect();
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
    for (;;) {
      if (this.#closed) throw new Error('the bus is closed');
      const connection = await this.#connection;
      try {
        return await this.answered('channel.open', connection.acquire({ emitErrorsFromChannel: true }));
      } catch (error) {
        this.#log.debug({ err: error }, 'no RabbitMQ channel yet');
        await pause(REOPEN_MS);
      }
    }
  }

  /**
   * What `work` gives, which waits for the broker. A broker that leaves it unanswered while it is connected counts as lost:
   * `work` fails, and with it everything else on the connection, to be done again on a new one.
   */
  answered<T>(what: string, work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const begunAt = performance.now();
    const timeoutMs = this.#answerTimeoutMs;
    const look = () => {
      const waitedMs = this.ready ? performance.now() - Math.max(begunAt, this.#readySince) : 0;
      if (waitedMs < timeoutMs) {
        timer = setTimeout(look, timeoutMs - waitedMs).unref();
        return;
      }
      reject(new Error(`RabbitMQ did not answer ${what} within ${timeoutMs} ms`));
      this.#renew(what);
    };
    let timer = setTimeout(look, timeoutMs).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
    return promise;
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
    const declared = this.answered(`declare ${key}`, this.#connection.then(declare));
    this.#declared.set(key, declared);
    declared.catch(() => {
      if (this.#declared.get(key) === declared) this.#declared.delete(key);
    });
    return declared;
  }

  #renew(what: string): void {
    const old = this.#open;
    if (this.#closed || !old) return;
    this.#log.warn({ what, timeoutMs: this.#answerTimeoutMs }, 'RabbitMQ does not answer; connecting anew');
    this.#open = undefined;
    this.#declared.clear();
    this.#connection = this.#connect();
    old.unsafeDestroy();
  }

  async #connect(): Promise<Connection> {
    const { Connection } = await import('rabbitmq-client');
    const connection = new Connection({
      url: this.#url,
      ...(this.#url.startsWith('amqps:') ? { tls: { ...TLS_FLOOR } } : {}),
      connectionName: 'kumo',
      heartbeat: 20,
      noDelay: true,
      retryLow: 100,
      retryHigh: 2_000,
      acquireTimeout: ACQUIRE_TIMEOUT_MS,
    });
    connection.on('error', (error) => {
      this.#declared.clear();
      if (!this.#closed)
        this.#log.warn(
          { err: error },
          'no connection to RabbitMQ; trying again: is it up, and are address and password in bus right?',
        );
    });
    connection.on('connection', () => {
      this.#declared.clear();
      this.#readySince = performance.now();
      this.#log.info('RabbitMQ connected');
    });
    connection.on('connection.blocked', (reason) =>
      this.#log.warn({ reason }, 'RabbitMQ accepts no messages at the moment: it is short of memory or disk'),
    );
    connection.on('connection.unblocked', () => {
      this.#readySince = performance.now();
      this.#log.info('RabbitMQ accepts messages again');
    });
    this.#open = connection;
    return connection;
  }
}

/** A pause that keeps no process alive. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
