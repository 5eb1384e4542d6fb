import type { Readable } from 'node:stream';
import type { Context } from '../context/index.ts';
import type { BodyOf, HeadersOf, Operation, OperationSpec, ParamsOf, QueryOf, ReplyOf } from '../http/operation.ts';

/** Per call, besides what the contract asks for. */
export interface CallOptions {
  /** Instead of the client's own token. */
  readonly token?: string | null;
  /**
   * Whose call it is: it is made with this user's token, or, in work that goes on after the request (flows keep no token), on
   * his behalf with the client's, and decided as his either way. Given and undefined, or internal: the service's own.
   */
  readonly user?: Context | undefined;
  /**
   * Sent as X-Service-Token beside a user's token. Left out, the client's is, where the user's token has access rules (`ctx`
   * says so): they cover what the user asked for, not what that takes.
   */
  readonly serviceToken?: string;
  /** Microversion `2.60` or `latest`. */
  readonly version?: string;
  readonly signal?: AbortSignal;
  /** Instead of the client's deadline. */
  readonly deadlineMs?: number;
  /** The request on whose behalf the call is made: its (global) request id goes along. Its token does not by itself. */
  readonly ctx?: Pick<Context, 'requestId' | 'globalRequestId' | 'applicationCredential'>;
}

type Field<K extends string, V> = unknown extends V
  ? { readonly [P in K]?: V }
  : Record<string, never> extends V
    ? { readonly [P in K]?: V }
    : { readonly [P in K]: V };
type BodyField<S extends OperationSpec> = [BodyOf<S>] extends [undefined]
  ? { readonly body?: undefined }
  : S extends { stream: 'request' | 'both' }
    ? { readonly body: Readable | Buffer | string }
    : undefined extends BodyOf<S>
      ? { readonly body?: BodyOf<S> }
      : { readonly body: BodyOf<S> };

/** `{params, query?, headers?, body, …}` of one operation; what the contract leaves open may be left out. */
export type CallInput<S extends OperationSpec> = Field<'params', ParamsOf<S>> &
  (Record<string, never> extends QueryOf<S> ? { readonly query?: QueryOf<S> } : { readonly query: QueryOf<S> }) &
  (Record<string, never> extends HeadersOf<S>
    ? { readonly headers?: HeadersOf<S> }
    : { readonly headers: HeadersOf<S> }) &
  BodyField<S> &
  CallOptions;

export interface RawReply<B> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: B;
}

type Arguments<I> = Record<string, never> extends I ? [input?: I] : [input: I];

export interface ClientMethod<S extends OperationSpec> {
  /** @throws KumoError of the kind that the answer's status stands for. */
  (...input: Arguments<CallInput<S>>): Promise<ReplyOf<S>>;
  /** The same with status and headers; errors are thrown here too. */
  raw(...input: Arguments<CallInput<S>>): Promise<RawReply<ReplyOf<S>>>;
}

/** A typed client of the operations in a contract module (`import * as volumesApi from '@kumo/cinder/api'`) or list. */
export type Client<M> = M extends readonly Operation[]
  ? { readonly [O in M[number] as O['name']]: ClientMethod<O> }
  : {
      readonly [K in keyof M as M[K] extends Operation ? K : never]: M[K] extends Operation
        ? ClientMethod<M[K]>
        : never;
    };
