import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { Policy } from '../policy/index.ts';

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One REST operation: what router, validation, policy file, OpenAPI document, typed client and authorisation tests derive from. */
export interface OperationSpec {
  /** The method's name in the typed client, and the name of its span and metric. Unique within a service. */
  readonly name: string;
  readonly method: HttpMethod;
  /** `/v3/{project_id}/volumes`; a last segment `{path*}` takes the rest of the path, slashes included. */
  readonly path: string;
  /** One line for the OpenAPI document. */
  readonly summary?: string;
  /** `'none'`: public; `'authenticated'`: any valid token. */
  readonly policy: Policy | 'none' | 'authenticated';
  /**
   * `'request'` (default): the policy is checked before the handler runs, against
   * `{project_id: ctx.projectId, user_id: ctx.userId, ...path params}`. `'resource'`: core only asks for a valid token;
   * the handler loads the row and calls `authorize(row)`. A reply made without that call becomes a 500.
   */
  readonly authorize?: 'request' | 'resource';
  readonly params?: TSchema;
  readonly query?: TSchema;
  /** Names in lower case. */
  readonly headers?: TSchema;
  readonly body?: TSchema;
  readonly reply?: TSchema;
  /** Default 200 with a reply schema or stream, else 204. */
  readonly status?: number;
  readonly errors?: readonly number[];
  /** Microversions in which the operation exists. */
  readonly versions?: { readonly min?: string; readonly max?: string };
  /** `request`: `body` is a Readable of the raw bytes. `response`: the handler returns a Readable (or a Buffer). */
  readonly stream?: 'request' | 'response' | 'both';
  /** Default 1 MiB; for `stream: 'request'` unlimited unless set. */
  readonly maxBodyBytes?: number;
  /** The body's single key that selects this among the operations that share its method and path, e.g. `os-start`. */
  readonly action?: string;
  /** A GET that answers HEAD as well: same headers, no body. */
  readonly head?: boolean;
  /** The body may be absent although a schema is given; the handler then sees `undefined`. */
  readonly optionalBody?: boolean;
  /** Media types taken besides `application/json`; for `application/openstack-images-v2.1-json-patch` and the like. */
  readonly contentTypes?: readonly string[];
  readonly deprecated?: boolean;
}

export type Operation<S extends OperationSpec = OperationSpec> = S & { readonly isOperation: true };

/**
 * Declares an operation. It holds no code and may be imported by other services.
 *
 * @throws Error when the declaration contradicts itself (an action on a GET, an unknown `{param}`), at import time.
 */
export function operation<const S extends OperationSpec>(spec: S): Operation<S> {
  if (!spec.path.startsWith('/')) throw new Error(`${spec.name}: path must begin with a slash: ${spec.path}`);
  if (spec.action !== undefined && spec.method !== 'POST')
    throw new Error(`${spec.name}: only a POST dispatches on an action`);
  if (spec.head && spec.method !== 'GET') throw new Error(`${spec.name}: only a GET can answer HEAD`);
  return Object.freeze({ ...spec, isOperation: true as const });
}

/** True for what `operation()` made; contract modules export schemas beside their operations. */
export function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'isOperation' in value && value.isOperation === true;
}

/** The operations among what a contract module (or several, spread) exports. */
export function operationsIn(contracts: object): Operation[] {
  const exported: unknown[] = Object.values(contracts);
  return exported.filter(isOperation);
}

/** `{id}` placeholders of a path as a record of strings. */
export type PathParams<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name extends `${infer Bare}*` ? Bare : Name]: string } & PathParams<Rest>
  : unknown;

export type ParamsOf<S extends OperationSpec> = S extends { params: infer P extends TSchema }
  ? Static<P>
  : PathParams<S['path']>;

export type QueryOf<S extends OperationSpec> = S extends { query: infer Q extends TSchema }
  ? Static<Q>
  : Record<string, string | string[] | undefined>;

export type HeadersOf<S extends OperationSpec> = S extends { headers: infer H extends TSchema }
  ? Static<H>
  : Record<string, string | undefined>;

export type BodyOf<S extends OperationSpec> = S extends { stream: 'request' | 'both' }
  ? Readable
  : S extends { body: infer B extends TSchema }
    ? S extends { optionalBody: true }
      ? Static<B> | undefined
      : Static<B>
    : undefined;

export type ReplyOf<S extends OperationSpec> = S extends { stream: 'response' | 'both' }
  ? Readable
  : S extends { reply: infer R extends TSchema }
    ? Static<R>
    : undefined;

/** Whether the request's bytes reach the handler unparsed. */
export function streamsRequest(spec: OperationSpec): boolean {
  return spec.stream === 'request' || spec.stream === 'both';
}

/** Whether the reply is written as the handler gives it. */
export function streamsReply(spec: OperationSpec): boolean {
  return spec.stream === 'response' || spec.stream === 'both';
}

/** The policies that a list of operations or routes declares: the defaults of the service's PolicySet. */
export function policiesOf(declared: readonly (Operation | { readonly operation: Operation })[]): Policy[] {
  const found = new Map<string, Policy>();
  for (const one of declared) {
    const { policy } = 'operation' in one ? one.operation : one;
    if (typeof policy === 'object') found.set(policy.name, policy);
  }
  return [...found.values()];
}
