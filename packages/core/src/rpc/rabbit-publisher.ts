import type { AsyncMessage, Channel, Envelope, ReturnedMessage } from 'rabbitmq-client';
import type { Logger } from '../log/index.ts';
import { busUnavailable } from './errors.ts';
import { type PendingCall, PendingCalls } from './pending-calls.ts';
import { pause, type RabbitLink } from './rabbit-link.ts';
import type { Address, Outgoing } from './transport.ts';

/** The broker's pseudo queue for replies: bound to the channel that published, nothing to declare or to clean up. */
const REPLY_TO = 'amq.rabbitmq.reply-to';
const RESEND_MS = 100;

/** Everything this process sends, and the replies it gets, on one channel with confirms. */
export class RabbitPublisher {
  readonly #link: RabbitLink;
  readonly #log: Logger;
  readonly #pending = new PendingCalls();
  /** Casts that came back because their queue is gone; the broker says so just before it confirms them. */
  readonly #returned = new Set<string>();
  #channel: Promise<Channel> | undefined;
  #closed = false;

  constructor(link: RabbitLink, log: Logger) {
    this.#link = link;
    this.#log = log;
  }

  call(to: Address, message: Outgoing): Promise<Buffer> {
    const reply = this.#pending.open(to, message);
    const call = this.#pending.get(message.id);
    if (this.#closed) this.#pending.fail(message.id, 'the bus is closed');
    else if (call) void this.#publishCall(call);
    return reply;
  }

  /** Declares where it goes, publishes and waits for the confirm; all of it again until the deadline. */
  async send(route: Envelope, message: Outgoing, declare: () => Promise<unknown>): Promise<void> {
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const fail = (reason: string) => reject(busUnavailable({ method: message.method, reason }));
    const timer = setTimeout(() => fail('it took too long'), Math.max(0, message.deadline - Date.now()));
    const abandoned = new AbortController();
    try {
      if (this.#closed) fail('it is closed');
      await Promise.race([this.#sendUntilConfirmed(route, message, declare, abandoned.signal), expired]);
    } finally {
      clearTimeout(timer);
      abandoned.abort();
      this.#returned.delete(message.id);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pending.failAll('the bus was closed');
    const channel = this.#link.ready ? await this.#channel : undefined;
    await channel?.close();
  }

  async #sendUntilConfirmed(
    route: Envelope,
    message: Outgoing,
    declare: () => Promise<unknown>,
    abandoned: AbortSignal,
  ): Promise<void> {
    while (!abandoned.aborted) {
      try {
        await declare();
        const channel = await this.#opened();
        // The caller was told that it failed: not to be done after all when the broker comes back.
        if (abandoned.aborted) return;
        await this.#publish(channel, { ...route, messageId: message.id }, message.bytes);
        if (!this.#returned.delete(message.id)) return;
        this.#link.forgetDeclarations();
      } catch (error) {
        if (this.#closed) throw busUnavailable({ method: message.method, reason: 'it was closed' }, { cause: error });
        this.#log.debug({ err: error, method: message.method, messageId: message.id }, 'message is sent again');
        this.#link.forgetDeclarations();
        await pause(RESEND_MS);
      }
    }
  }

  async #publishCall(call: PendingCall): Promise<void> {
    const { to, message } = call;
    const attempt = ++call.attempts;
    let channel: Channel | undefined;
    try {
      channel = await this.#opened();
      const restMs = message.deadline - Date.now();
      if (restMs <= 0 || !this.#pending.get(message.id)) return;
      // Of one that was lost just now #onLost has come already.
      if (!channel.active) throw new Error('the channel was lost');
      call.via = channel;
      const envelope: Envelope = {
        routingKey: this.#link.queueName(to),
        mandatory: true,
        durable: true,
        messageId: message.id,
        correlationId: message.id,
        replyTo: REPLY_TO,
        expiration: String(restMs),
      };
      await this.#publish(channel, envelope, message.bytes);
    } catch (error) {
      // What went over a lost channel is sent again by #onLost.
      if (this.#closed || (call.via !== undefined && call.via === channel && !channel.active)) return;
      this.#log.debug({ err: error, method: message.method, messageId: message.id }, 'call is sent again');
      await pause(RESEND_MS);
      if (call.attempts === attempt && this.#pending.get(message.id)) await this.#publishCall(call);
    }
  }

  /** Resolves when the broker has confirmed it. @throws when it does not, or when the channel is lost. */
  #publish(channel: Channel, envelope: Envelope, bytes: Buffer): Promise<void> {
    const { promise: confirmed, resolve, reject } = Promise.withResolvers<void>();
    // The library forgets, and never settles, what was written in the moment in which the connection turns out to be dead.
    const onClose = () => reject(new Error('the channel was lost'));
    channel.once('close', onClose);
    channel
      .basicPublish(envelope, bytes)
      .then(resolve, reject)
      .finally(() => channel.off('close', onClose));
    return this.#link.answered('basic.publish', confirmed);
  }

  /** The channel, open. @throws when it could not be opened or was lost just now. */
  async #opened(): Promise<Channel> {
    this.#channel ??= this.#openChannel();
    const opening = this.#channel;
    try {
      const channel = await opening;
      if (channel.active) return channel;
      throw new Error('the channel was lost');
    } catch (error) {
      if (this.#channel === opening) this.#channel = undefined;
      throw error;
    }
  }

  async #openChannel(): Promise<Channel> {
    const channel = await this.#link.channel();
    // One for each message that waits for its confirm.
    channel.setMaxListeners(0);
    channel.on('error', (error) => this.#log.warn({ err: error }, 'RabbitMQ refused a message'));
    channel.on('basic.return', (message) => this.#onReturn(message));
    channel.once('close', () => this.#onLost(channel));
    const onReply = (message: AsyncMessage) => this.#onReply(message);
    await this.#link.answered('confirm.select', channel.confirmSelect());
    await this.#link.answered('basic.consume', channel.basicConsume({ queue: REPLY_TO, noAck: true }, onReply));
    return channel;
  }

  #onReply(message: AsyncMessage): void {
    if (message.correlationId) this.#pending.settle(message.correlationId, message.body);
  }

  #onReturn(message: ReturnedMessage): void {
    const id = message.messageId;
    if (!id) return;
    if (message.replyTo) this.#pending.fail(id, 'nobody is there');
    else this.#returned.add(id);
  }

  /** Calls that went over this channel are sent again: their replies could only have come over it. */
  #onLost(channel: Channel): void {
    // Whoever needs one opens a new one: #opened sees that this one is closed.
    if (this.#closed) return;
    for (const call of this.#pending.sentVia(channel)) void this.#publishCall(call);
  }
}
