/** Where a message goes: the queue of a topic, or of one server of it. */
export interface Address {
  readonly topic: string;
  readonly server?: string;
}

export interface Outgoing {
  readonly id: string;
  readonly bytes: Buffer;
  /** Epoch ms until which the caller waits. */
  readonly deadline: number;
  /** For errors: `topic.method`. */
  readonly method: string;
}

export interface Delivery {
  readonly bytes: Buffer;
  /** 1 the first time. */
  readonly deliveries: number;
  /** Sends the answer of a call. Lost answers are not reported: the caller asks again or gives up. */
  reply(bytes: Buffer): void;
}

/** `requeue`: deliver it again, to this consumer or another. */
export type Settlement = 'ack' | 'requeue';

export interface Subscription {
  readonly topic: string;
  readonly server: string;
  /** Messages of each queue that are handled at once. */
  readonly concurrency: number;
  take(delivery: Delivery): Promise<Settlement>;
  /** Messages can arrive again, after a time in which fanouts passed by. Does not throw. */
  onResumed?(): void;
}

/** Moves bytes; knows nothing of methods, versions or spans. */
export interface BusTransport {
  readonly system: 'rabbitmq' | 'in-process';
  /** @throws rpcTimeout when the queue was never declared (at once), or at the deadline. */
  call(to: Address, message: Outgoing): Promise<Buffer>;
  /** Resolves when the bus answers for the message. @throws busUnavailable at the deadline. */
  cast(to: Address, message: Outgoing): Promise<void>;
  fanout(topic: string, message: Outgoing): Promise<void>;
  /** Resolves when messages can arrive; `close` waits for those that are being handled. */
  consume(subscription: Subscription): Promise<{ close(): Promise<void> }>;
  healthy(): boolean;
  close(): Promise<void>;
}
