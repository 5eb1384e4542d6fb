import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Context } from '../context/index.ts';
import type { KumoError } from '../errors/index.ts';
import type { JsonText } from './json-text.ts';
import type { BodyOf, HeadersOf, Operation, OperationSpec, ParamsOf, QueryOf, ReplyOf } from './operation.ts';

export interface AuthorizeOptions {
  /** Another rule than the operation's own. */
  rule?: string;
  /** Thrown instead of forbidden, where a resource that may not be seen must look absent. */
  notFound?: KumoError;
}

/** What a handler may say about its answer besides the body. */
export interface ReplyControl {
  header(name: string, value: string | number | readonly string[]): void;
  status(code: number): void;
}

/** The request as it came in, for links and for services that speak raw HTTP. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** `http://host:port` for links: the configured one, else from the request as `AppOptions.baseUrl` says. No slash at the end. */
  readonly baseUrl: string;
  /** The client's address: the peer's, or what a proxy says that `AppOptions.proxies` trusts. */
  readonly remoteAddress: string | undefined;
  /**
   * Aborted, with `clientGone`, when the client went away before the reply was sent; at once when it was gone already. For
   * work that costs much and leaves nothing behind: what changes something is finished.
   */
  readonly signal: AbortSignal;
}

export interface HandlerInput<S extends OperationSpec = OperationSpec> {
  /** For a `policy: 'none'` operation without a token: a context without user and roles. */
  readonly ctx: Context;
  readonly params: ParamsOf<S>;
  readonly query: QueryOf<S>;
  /** `stream: 'request'`: the raw bytes, bounded by `maxBodyBytes`. */
  readonly body: BodyOf<S>;
  readonly headers: HeadersOf<S>;
  /** Throws forbidden (or `notFound`) unless the operation's policy holds for the target. */
  authorize(target: Record<string, unknown>, options?: AuthorizeOptions): void;
  /** For rules that only change the answer, e.g. extended attributes. Default target: the request's own project and user. */
  allows(rule: string, target?: Record<string, unknown>): boolean;
  /** Whether the service that asks for the user (X-Service-Token, or on his behalf) may; false when there is none. */
  serviceAllows(rule: string, target: Record<string, unknown>): boolean;
  readonly reply: ReplyControl;
  readonly request: RequestFacts;
}

/** A handler of a streamed reply may as well return bytes, or nothing for an empty body; any other, JSON that is text already. */
export type HandlerResult<S extends OperationSpec> = S extends { stream: 'response' | 'both' }
  ? Readable | Buffer | string | undefined
  : S extends { reply: unknown }
    ? ReplyOf<S> | JsonText<ReplyOf<S>>
    : // biome-ignore lint/suspicious/noConfusingVoidType: handlers without a reply return nothing
      void | undefined;

export type Handler<S extends OperationSpec> = (input: HandlerInput<S>) => HandlerResult<S> | Promise<HandlerResult<S>>;

export interface Route {
  readonly operation: Operation;
  readonly handler: (input: HandlerInput) => unknown;
}

/** Joins a contract and its code. Input and result are typed by the contract. */
export function implement<S extends OperationSpec>(op: Operation<S>, handler: Handler<S>): Route {
  // The pipeline hands each handler what its own schemas accepted; across the list of routes the types are erased.
  return { operation: op, handler: handler as unknown as Route['handler'] };
}
