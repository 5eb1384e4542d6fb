import type { Static, TSchema } from 'typebox';
import type { Context } from '../context/index.ts';

/** A method whose caller waits for the reply. */
export interface CallMethod<A extends TSchema = TSchema, R extends TSchema = TSchema> {
  readonly kind: 'call';
  readonly args: A;
  readonly reply: R;
  /** How long a caller waits unless it says otherwise. */
  readonly timeoutMs: number;
}

/** A method whose caller only waits until the bus has taken the message over. */
export interface CastMethod<A extends TSchema = TSchema> {
  readonly kind: 'cast';
  readonly args: A;
}

export type RpcMethod = CallMethod | CastMethod;
export type RpcMethods = Readonly<Record<string, RpcMethod>>;

/** `major.minor`: a consumer serves its own major and every minor up to its own. */
export interface RpcVersion {
  readonly major: number;
  readonly minor: number;
}

/** What the daemons behind one topic understand. */
export interface RpcContract<M extends RpcMethods = RpcMethods> {
  readonly topic: string;
  readonly version: RpcVersion;
  readonly methods: M;
}

/** Declares a method with a reply. `timeoutMs` defaults to 60,000. Use `T.Void()` for a reply that says only "done". */
export function call<A extends TSchema, R extends TSchema>(
  args: A,
  reply: R,
  options: { timeoutMs?: number } = {},
): CallMethod<A, R> {
  return { kind: 'call', args, reply, timeoutMs: options.timeoutMs ?? 60_000 };
}

/** Declares a method without a reply. It may be delivered more than once. */
export function cast<A extends TSchema>(args: A): CastMethod<A> {
  return { kind: 'cast', args };
}

/**
 * Declares the messages of one topic.
 *
 * @param version `major.minor`. Raise the minor when a method or an optional field is added, the major otherwise.
 */
export function rpc<M extends RpcMethods>(topic: string, version: string, methods: M): RpcContract<M> {
  return { topic, version: parseVersion(version), methods };
}

/** @throws TypeError when the text is not `major.minor`. */
export function parseVersion(text: string): RpcVersion {
  const match = /^(\d{1,6})\.(\d{1,6})$/.exec(text);
  if (!match) throw new TypeError(`RPC version '${text}' is not major.minor`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

export interface SendOptions {
  /** One server's own queue instead of the queue that all servers of the topic share. */
  server?: string;
  /** Travels with the message, without the token. */
  ctx?: Context;
  /** The user's token travels too: only for work done on the user's behalf. */
  withToken?: boolean;
  /** Call: until the reply. Cast: until the bus has taken it over (default 30,000). */
  timeoutMs?: number;
}

export type CallOptions = SendOptions;

export interface CastOptions extends SendOptions {
  /** To every server of the topic that listens now; never kept for one that does not. Excludes `server`. */
  fanout?: boolean;
}

/** One typed method per method of the contract. */
export type RpcClient<M extends RpcMethods> = {
  readonly [K in keyof M]: M[K] extends CallMethod<infer A, infer R>
    ? (args: Static<A>, options?: CallOptions) => Promise<Static<R>>
    : M[K] extends CastMethod<infer A>
      ? (args: Static<A>, options?: CastOptions) => Promise<void>
      : never;
};

/** What a handler is told besides its arguments. */
export interface RpcRequest {
  readonly ctx?: Context;
  /** Daemon that sent it. */
  readonly from: string;
  /** The same for every delivery and every repetition of one message. */
  readonly messageId: string;
  /** 1 for the first delivery. */
  readonly deliveries: number;
  /** Epoch ms after which nobody waits for the reply; undefined for casts. */
  readonly deadline?: number;
  /** Aborts at the deadline of a call. */
  readonly signal: AbortSignal;
}

export type RpcHandlers<M extends RpcMethods> = {
  readonly [K in keyof M]: M[K] extends CallMethod<infer A, infer R>
    ? (args: Static<A>, request: RpcRequest) => Promise<Static<R>> | Static<R>
    : M[K] extends CastMethod<infer A>
      ? (args: Static<A>, request: RpcRequest) => Promise<void> | void
      : never;
};
