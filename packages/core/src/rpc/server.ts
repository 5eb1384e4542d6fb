import { setTimeout as sleep } from 'node:timers/promises';
import { isAskersMistake, KumoError } from '../errors/index.ts';
import type { Logger } from '../log/index.ts';
import { withRemoteParent, withSpan } from '../trace/index.ts';
import { mismatch } from './arguments.ts';
import type { ServeOptions } from './bus.ts';
import { spanAttributes } from './client.ts';
import type { RpcContract, RpcHandlers, RpcMethods, RpcRequest } from './contract.ts';
import { invalidArguments, invalidReply, unknownMethod, unsupportedVersion } from './errors.ts';
import { decodeRequest, encodeMessage, type RequestMessage } from './message.ts';
import type { BusTransport, Delivery, Settlement } from './transport.ts';
import { encodeError } from './wire-error.ts';

type Handler = (args: unknown, request: RpcRequest) => unknown;

interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
}

const RETRY_FIRST_MS = 100;
const RETRY_MOST_MS = 10_000;

/** The consumer's side of one `serve`: checks, runs the handler, answers, decides what becomes of the message. */
export class Server {
  readonly #transport: BusTransport;
  readonly #contract: RpcContract;
  readonly #handlers: Readonly<Record<string, Handler>>;
  readonly #name: string;
  readonly #maxDeliveries: number;
  readonly #log: Logger;
  /** Runs by message id: a message that comes again while it is worked on joins the run instead of doubling it. */
  readonly #running = new Map<string, Promise<Outcome>>();
  readonly #closing = new AbortController();

  constructor(
    transport: BusTransport,
    contract: RpcContract,
    handlers: RpcHandlers<RpcMethods>,
    options: ServeOptions & { log: Logger },
  ) {
    this.#transport = transport;
    this.#contract = contract;
    this.#handlers = handlers as unknown as Readonly<Record<string, Handler>>;
    this.#name = options.name ?? contract.topic;
    this.#maxDeliveries = options.maxDeliveries ?? 20;
    this.#log = options.log;
  }

  /** Ends the pauses before redeliveries, so that closing need not wait for them. */
  close(): void {
    this.#closing.abort();
  }

  /** Never rejects. */
  async take(delivery: Delivery): Promise<Settlement> {
    let message: RequestMessage;
    try {
      message = decodeRequest(delivery.bytes);
    } catch (error) {
      this.#log.error(
        { err: error, topic: this.#contract.topic },
        'unreadable message dropped: do all nodes run compatible versions of Kumo?',
      );
      return 'ack';
    }
    const about = this.#about(message, delivery);
    if (message.deadline !== undefined && message.deadline <= Date.now()) {
      this.#log.debug(about, 'expired call dropped');
      return 'ack';
    }
    if (delivery.deliveries > this.#maxDeliveries) {
      this.#log.error(about, 'message given up: it was delivered too often; earlier lines with its messageId say why');
      return 'ack';
    }
    const { from, method, kind } = message;
    const attributes = spanAttributes(this.#transport, method, kind, 'take');
    const options = { kind: 'amqp', from, to: this.#name, side: 'server', attributes } as const;
    return withRemoteParent(message.traceparent, () =>
      withSpan(`${this.#contract.topic}.${method}`, options, async (span) => {
        const outcome = await this.#joined(message, delivery);
        if (outcome.error !== undefined) span.recordException(asError(outcome.error));
        return message.kind === 'call'
          ? this.#answer(message, delivery, outcome)
          : this.#afterCast(message, delivery, outcome.error);
      }),
    );
  }

  #joined(message: RequestMessage, delivery: Delivery): Promise<Outcome> {
    const running = this.#running.get(message.id);
    if (running) return running;
    const run = this.#run(message, delivery).finally(() => this.#running.delete(message.id));
    this.#running.set(message.id, run);
    return run;
  }

  async #run(message: RequestMessage, delivery: Delivery): Promise<Outcome> {
    try {
      const { topic, version, methods } = this.#contract;
      const fullName = `${topic}.${message.method}`;
      if (message.version.major !== version.major || message.version.minor > version.minor) {
        throw unsupportedVersion({
          method: fullName,
          topic,
          version: dotted(message.version),
          served: dotted(version),
        });
      }
      const method = Object.hasOwn(methods, message.method) ? methods[message.method] : undefined;
      const handler = this.#handlers[message.method];
      if (!method || !handler || (method.kind === 'call') !== (message.kind === 'call')) {
        throw unknownMethod({ method: fullName });
      }
      const wrong = mismatch(method.args, message.args);
      if (wrong) throw invalidArguments({ method: fullName, reason: wrong });
      const value = await handler(message.args, new Request(message, delivery.deliveries));
      const unfit = method.kind === 'call' ? mismatch(method.reply, value) : undefined;
      if (unfit) throw invalidReply({ method: fullName, reason: unfit });
      return { value };
    } catch (error) {
      return { error: error ?? new Error('the handler threw nothing') };
    }
  }

  async #answer(message: RequestMessage, delivery: Delivery, outcome: Outcome): Promise<Settlement> {
    const { error } = outcome;
    if (error !== undefined && !(error instanceof KumoError && error.kind !== 'internal')) {
      this.#log.error(
        { err: error, ...this.#about(message, delivery) },
        'RPC handler failed: see err; its caller was told that the request failed',
      );
    }
    const bytes = this.#encodeReply(message, outcome);
    const attributes = spanAttributes(this.#transport, message.method, 'call', 'reply');
    const options = { kind: 'amqp', from: this.#name, to: message.from, side: 'server', attributes } as const;
    await withSpan(`${this.#contract.topic}.${message.method}.reply`, options, async () => delivery.reply(bytes));
    return 'ack';
  }

  #encodeReply(message: RequestMessage, { value, error }: Outcome): Buffer {
    const from = this.#name;
    try {
      return encodeMessage(error === undefined ? { from, reply: value } : { from, error: encodeError(error) });
    } catch (cause) {
      // A value that JSON cannot hold (a cycle, a bigint): the caller learns it instead of waiting.
      const params = { method: `${this.#contract.topic}.${message.method}`, reason: 'it cannot be serialized' };
      this.#log.error({ err: cause, ...params }, 'RPC reply cannot be serialized');
      return encodeMessage({ from, error: encodeError(invalidReply(params)) });
    }
  }

  async #afterCast(message: RequestMessage, delivery: Delivery, error: unknown): Promise<Settlement> {
    if (error === undefined) return 'ack';
    if (isAskersMistake(error) && !isRetryable(error)) {
      this.#log.info({ error: error.code, reason: error.message, ...this.#about(message, delivery) }, 'cast refused');
      return 'ack';
    }
    const about = { err: error, ...this.#about(message, delivery) };
    const again = message.kind === 'cast' && isRetryable(error);
    if (!again || delivery.deliveries >= this.#maxDeliveries) {
      this.#log.error(about, again ? 'cast failed too often and was dropped' : 'cast failed');
      return 'ack';
    }
    const pauseMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(delivery.deliveries - 1, 20));
    this.#log.warn({ ...about, pauseMs }, 'cast failed and will be delivered again');
    await sleep(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    return 'requeue';
  }

  #about(message: RequestMessage, delivery: Delivery): Record<string, unknown> {
    const { id, method, from, ctx } = message;
    const { deliveries } = delivery;
    return { messageId: id, method: `${this.#contract.topic}.${method}`, from, deliveries, requestId: ctx?.requestId };
  }
}

/** Makes the abort signal only for handlers that look at it. */
class Request implements RpcRequest {
  readonly ctx: RpcRequest['ctx'];
  readonly from: string;
  readonly messageId: string;
  readonly deliveries: number;
  readonly deadline: number | undefined;
  #signal: AbortSignal | undefined;

  constructor(message: RequestMessage, deliveries: number) {
    this.ctx = message.ctx;
    this.from = message.from;
    this.messageId = message.id;
    this.deliveries = deliveries;
    this.deadline = message.deadline;
  }

  get signal(): AbortSignal {
    this.#signal ??=
      this.deadline === undefined
        ? new AbortController().signal
        : AbortSignal.timeout(Math.max(0, this.deadline - Date.now()));
    return this.#signal;
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function dotted(version: { major: number; minor: number }): string {
  return `${version.major}.${version.minor}`;
}
