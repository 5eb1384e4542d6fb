import { Readable } from 'node:stream';
import { type Span, trace } from '@opentelemetry/api';
import { delegated, ON_BEHALF_OF } from '../context/on-behalf-of.ts';
import { isOperation, type Operation, streamsReply } from '../http/operation.ts';
import { toReader } from '../stream/owned.ts';
import { withSpan } from '../trace/index.ts';
import type { CallOptions, Client, RawReply } from './client-types.ts';
import { decodeError } from './decode-error.ts';
import { requestStream } from './request-stream.ts';
import { requestPath } from './request-url.ts';
import { withRetries } from './retry.ts';
import type { Transport, TransportReply } from './transport.ts';

const DEADLINE_MS = 30_000;
/** A streamed body lasts as long as it lasts; it is cut when it stands still (`SocketOptions.idleTimeoutMs`). */
const UPLOAD_DEADLINE_MS = 24 * 3_600_000;

export interface ClientOptions {
  /** The daemon that calls, e.g. `nova-compute`. */
  readonly from: string;
  /** The daemon called, e.g. `glance-api`. */
  readonly to: string;
  /** The token of calls that bring none; absent: no token. */
  readonly token?: () => Promise<string>;
  /** The service's own token, for X-Service-Token beside a user's token that has access rules. Default: `token`. */
  readonly serviceToken?: () => Promise<string>;
  /** For all attempts of one call together; of a streamed reply until its headers. Default 30,000. */
  readonly deadlineMs?: number;
  /** Service type of `OpenStack-API-Version`, needed to ask for microversions: `compute`. */
  readonly serviceType?: string;
  /** Microversion of calls that name none: `2.96` or `latest`. */
  readonly version?: string;
}

interface AnyInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/**
 * One typed method per operation of a contract module or list. See `ClientMethod` for what a method gives and throws.
 * Idempotent methods are repeated while the service cannot be reached or answers 503; others only if surely never sent.
 * A streamed body is the client's from the call on and destroyed with it; a streamed reply is the caller's, to be read to its
 * end or destroyed (`owned` of core/stream).
 */
export function client<const M extends object>(operations: M, transport: Transport, options: ClientOptions): Client<M> {
  const list = Array.isArray(operations);
  const methods: Record<string, unknown> = {};
  for (const [key, operation] of Object.entries(operations)) {
    if (!isOperation(operation)) continue;
    const raw = (input: AnyInput = {}) => call(operation, input, transport, options);
    const method = async (input?: AnyInput) => (await raw(input)).body;
    methods[list ? operation.name : key] = Object.assign(method, { raw });
  }
  // Built from the same operations that the type is derived from.
  return methods as Client<M>;
}

async function call(
  operation: Operation,
  input: AnyInput,
  transport: Transport,
  options: ClientOptions,
): Promise<RawReply<unknown>> {
  if (!(input.body instanceof Readable)) return exchange(operation, input, transport, options);
  using stream = requestStream(input.body);
  const signal = input.signal ? AbortSignal.any([input.signal, stream.signal]) : stream.signal;
  return await exchange(operation, { ...input, signal }, transport, options);
}

async function exchange(
  operation: Operation,
  input: AnyInput,
  transport: Transport,
  options: ClientOptions,
): Promise<RawReply<unknown>> {
  const path = requestPath(operation.path, input.params ?? {}, input.query ?? {});
  const { from, to } = options;
  const attributes = {
    'http.method': operation.method,
    'http.route': operation.path,
    'kumo.operation': operation.name,
  };
  return withSpan(operation.name, { kind: 'http', from, to, attributes }, async (span) => {
    const body = encodedBody(input.body);
    const headers = await requestHeaders(operation, input, body, options, span);
    const streamReply = streamsReply(operation);
    const repeatable = !(body instanceof Readable);
    const { signal, deadlineMs = repeatable ? (options.deadlineMs ?? DEADLINE_MS) : UPLOAD_DEADLINE_MS } = input;
    const reply = await withRetries(
      { method: operation.method, repeatable, deadlineMs, signal, to },
      async (ending) => {
        const answer = await transport.send({
          method: operation.method,
          path,
          headers,
          body,
          streamReply,
          signal: ending,
        });
        if (answer.body instanceof Readable) answer.body.on('error', toReader);
        span.setAttribute('http.status_code', answer.status);
        if (answer.status >= 400) throw decodeError(to, answer.status, answer.headers, await wholeBody(answer));
        return answer;
      },
    );
    return { status: reply.status, headers: reply.headers, body: streamReply ? reply.body : await decodedBody(reply) };
  });
}

function encodedBody(body: unknown): string | Buffer | Readable | undefined {
  if (body === undefined || body instanceof Readable || Buffer.isBuffer(body) || typeof body === 'string') return body;
  return JSON.stringify(body);
}

async function requestHeaders(
  operation: Operation,
  input: AnyInput,
  body: string | Buffer | Readable | undefined,
  options: ClientOptions,
  span: Span,
): Promise<Record<string, string>> {
  const headers: Record<string, string> = {
    accept: streamsReply(operation) ? '*/*' : 'application/json',
    'x-kumo-from': options.from,
  };
  if (body !== undefined)
    headers['content-type'] =
      operation.contentTypes?.[0] ?? (operation.body ? 'application/json' : 'application/octet-stream');
  for (const [name, value] of Object.entries(input.headers ?? {}))
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  await addIdentity(headers, input, options);
  const asker = input.ctx ?? input.user;
  if (asker) headers['x-openstack-request-id'] = asker.globalRequestId ?? asker.requestId;
  const version = input.version ?? options.version;
  if (version !== undefined) {
    if (options.serviceType === undefined)
      throw new Error(`${options.to}: a microversion needs the client's serviceType`);
    headers['openstack-api-version'] = `${options.serviceType} ${version}`;
  }
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (trace.isSpanContextValid(span.spanContext()) && (traceFlags & 1) === 1)
    headers.traceparent = `00-${traceId}-${spanId}-01`;
  return headers;
}

/** Whose call it is: the tokens, and for whom. */
async function addIdentity(headers: Record<string, string>, input: AnyInput, options: ClientOptions): Promise<void> {
  const { user } = input;
  const own = options.token ?? options.serviceToken;
  const isDelegated = user !== undefined && user.token === undefined && user.isAdminContext !== true;
  const usersToken = input.token === undefined ? user?.token : input.token;
  const token = usersToken === undefined ? await (user ? own : options.token)?.() : usersToken;
  if (typeof token === 'string') headers['x-auth-token'] = token;
  if (isDelegated) headers[ON_BEHALF_OF] = delegated(user);
  const isLimited = typeof usersToken === 'string' && (input.ctx ?? user)?.applicationCredential?.accessRules;
  const serviceToken =
    input.serviceToken ?? (isLimited ? await (options.serviceToken ?? options.token)?.() : undefined);
  if (serviceToken !== undefined) headers['x-service-token'] = serviceToken;
}

async function decodedBody(reply: TransportReply): Promise<unknown> {
  const bytes = await wholeBody(reply);
  if (bytes.length === 0) return undefined;
  const type = String(reply.headers['content-type'] ?? '');
  return type.includes('json') ? JSON.parse(bytes.toString('utf8')) : bytes.toString('utf8');
}

async function wholeBody({ body }: TransportReply): Promise<Buffer> {
  return Buffer.isBuffer(body) ? body : Buffer.concat(await body.toArray());
}
