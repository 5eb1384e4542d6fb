import { finished, Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context, Microversion } from '../context/index.ts';
import type { AppOptions } from './app-options.ts';
import { anonymous, identify } from './caller.ts';
import type { CompiledOperation, Endpoint, VersionedOperation } from './compiled-operation.ts';
import { errorReply, presentable } from './error-reply.ts';
import { clientGone, malformedUrl } from './errors.ts';
import { Exchange } from './exchange.ts';
import { Invocation, ownTarget } from './invocation.ts';
import { JsonText } from './json-text.ts';
import { closeLingering } from './lingering-close.ts';
import { hasBody } from './read-body.ts';
import { takeOneOfRepeated } from './repeated-parameters.ts';
import { chooseOperation, jsonBody, streamedBody } from './request-body.ts';
import { RawRequest } from './request-facts.ts';
import { withServerSpan } from './server-span.ts';
import { turnsEnd } from './turn.ts';
import type { VersionGate } from './version-gate.ts';

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
/** An unread body of at most this many bytes is read and dropped, so that its connection can be used again. */
const DRAINED_BYTES = 64 << 10;
/** A longer text costs a socket less as bytes. */
const LONG_TEXT = 16 << 10;

/**
 * One request, from its headers to its reply, in the order in which nothing is done for those who may not ask: version,
 * token, policy, body, validation, handler. (Of an action the body comes before the policy: it names the operation.)
 */
export class Pipeline {
  readonly #options: AppOptions;
  readonly #versions: VersionGate | undefined;
  /** Replies that may still fail after the handler has returned. */
  readonly #streaming = new WeakMap<FastifyRequest, Exchange>();

  constructor(options: AppOptions, versions: VersionGate | undefined) {
    this.#options = options;
    this.#versions = versions;
  }

  /** Answers a request whose path and method are known. Never rejects; resolves when a streamed reply is through. */
  handle(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const exchange = new Exchange(this.#options, request, reply, endpoint.name);
    return withServerSpan(endpoint, request.headers, this.#options.service, (span) => {
      exchange.span = span;
      return this.#serve(endpoint, exchange);
    });
  }

  /** Answers a request that reached no endpoint, or whose stream failed before its first byte. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    return this.#fail(error, this.#streaming.get(request) ?? new Exchange(this.#options, request, reply, 'none'));
  }

  async #serve(endpoint: Endpoint, exchange: Exchange): Promise<FastifyReply> {
    try {
      return await this.#answer(endpoint, exchange);
    } catch (error) {
      return this.#fail(error, exchange);
    }
  }

  async #answer(endpoint: Endpoint, exchange: Exchange): Promise<FastifyReply> {
    const { headers, raw } = exchange.request;
    const version = this.#versions?.negotiate(endpoint, headers, exchange.reply);
    const { tokens, type } = this.#options;
    const ctx =
      endpoint.isPublic || !tokens
        ? anonymous(exchange, version)
        : await identify(raw, { tokens, service: type }, exchange, version);
    exchange.ctx = ctx;
    if (raw.url?.includes('%00')) throw malformedUrl({ reason: 'NUL characters are not allowed.' });
    const actionBody = endpoint.actions
      ? await jsonBody(exchange, endpoint.operations[0] as CompiledOperation, endpoint.maxBodyBytes, this.#options)
      : undefined;
    const compiled = chooseOperation(endpoint, version, actionBody);
    exchange.operation = compiled.name;
    const params = exchange.request.params as Record<string, string>;
    if (compiled.policyName !== undefined && !compiled.authorizesResource) {
      this.#options.policies.enforce(compiled.policyName, ctx, { ...ownTarget(ctx), ...params });
    }
    const invocation = await this.#invocation(compiled, ctx, params, actionBody, exchange);
    // What was waited for so far may have outlasted the client. Only reading is dropped: a client may send and not wait.
    if (READS.has(endpoint.method) && invocation.request.isAbandoned) throw clientGone();
    const result = await compiled.handler(invocation);
    if (compiled.authorizesResource && !invocation.authorized)
      throw new Error(`${compiled.name} answered without calling authorize()`);
    return this.#send(compiled, invocation, result, exchange);
  }

  async #invocation(
    compiled: CompiledOperation,
    ctx: Context,
    params: Record<string, string>,
    actionBody: unknown,
    exchange: Exchange,
  ): Promise<Invocation> {
    const { query, headers: sent, raw } = exchange.request;
    const checks = compiled.at(ctx.version);
    checks.params?.(params);
    takeOneOfRepeated(query as object, compiled.listParameters, this.#options.repeatedParameter ?? 'last');
    checks.query?.(query);
    const headers = checks.headers ? { ...sent } : sent;
    checks.headers?.(headers);
    let body = actionBody;
    if (compiled.streamsRequest) body = streamedBody(exchange, compiled);
    else if (compiled.takesBody) {
      body ??= await jsonBody(exchange, compiled, compiled.maxBodyBytes, this.#options);
      body = this.#checkedBody(compiled, checks, ctx.version, body);
    }
    return new Invocation({
      ctx,
      compiled,
      params,
      query: query as Invocation['query'],
      body,
      headers: headers as Invocation['headers'],
      request: new RawRequest(raw, exchange.reply.raw, this.#options),
      policies: this.#options.policies,
      fastifyReply: exchange.reply,
    });
  }

  #checkedBody(
    compiled: CompiledOperation,
    checks: VersionedOperation,
    version: Microversion | undefined,
    body: unknown,
  ): unknown {
    if (body === undefined && compiled.operation.optionalBody) return undefined;
    checks.body?.(body);
    return version === undefined || !this.#versions ? body : this.#versions.upgrade(compiled.operation, version, body);
  }

  #send(
    compiled: CompiledOperation,
    invocation: Invocation,
    result: unknown,
    exchange: Exchange,
  ): Promise<FastifyReply> {
    const status = invocation.chosenStatus ?? compiled.status;
    exchange.reply.code(status);
    if (compiled.streamsReply) return this.#sendRaw(result as Readable | Buffer | string | undefined, status, exchange);
    const text =
      compiled.operation.reply === undefined ? undefined : this.#wireBody(compiled, invocation.ctx.version, result);
    const body = text !== undefined && text.length > LONG_TEXT ? Buffer.from(text) : text;
    return this.#sendBody(body, status, exchange);
  }

  /** Not given the result: an async function keeps what it is given, which the collector would copy until the turn's end. */
  async #sendBody(body: string | Buffer | undefined, status: number, exchange: Exchange): Promise<FastifyReply> {
    await turnsEnd();
    exchange.finish(status);
    closeIfUnread(exchange);
    const { reply } = exchange;
    if (body === undefined) return reply.send();
    return reply.header('content-type', 'application/json; charset=utf-8').send(body);
  }

  /** The handler's answer in the newest shape as the text of the version that was asked for. */
  #wireBody(compiled: CompiledOperation, version: Microversion | undefined, result: unknown): string | undefined {
    if (result === undefined) return undefined;
    const checks = compiled.at(version);
    const text = this.#wireText(compiled, version, result);
    if (checks.reply) {
      try {
        checks.reply(JSON.parse(text));
      } catch (error) {
        throw new Error(
          `${compiled.name}: the reply breaks its contract: ${error instanceof Error ? error.message : error}`,
          { cause: error },
        );
      }
    }
    return text;
  }

  #wireText(compiled: CompiledOperation, version: Microversion | undefined, result: unknown): string {
    if (version === undefined || !this.#versions)
      return result instanceof JsonText ? result.text : JSON.stringify(result);
    if (result instanceof JsonText) throw new Error(`${compiled.name}: a reply with microversions is no text yet`);
    const older = this.#versions.downgrade(compiled.operation, version, result);
    const { prune } = compiled.at(version);
    return JSON.stringify(prune ? prune(older) : older);
  }

  async #sendRaw(
    result: Readable | Buffer | string | undefined,
    status: number,
    exchange: Exchange,
  ): Promise<FastifyReply> {
    const { reply } = exchange;
    if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/octet-stream');
    closeIfUnread(exchange);
    if (!(result instanceof Readable)) {
      exchange.finish(status);
      return reply.send(result);
    }
    this.#streaming.set(exchange.request, exchange);
    let failure: unknown;
    result.once('error', (error) => {
      failure = error;
    });
    const through = new Promise<void>((resolve) => {
      finished(reply.raw, () => resolve());
    });
    try {
      reply.send(result);
      await through;
    } finally {
      // A client that was gone before the first byte leaves nobody else to end it.
      result.destroy();
    }
    // The client sees a broken connection; that it turned away itself is no failure of ours.
    if (failure === undefined || isPrematureClose(failure)) exchange.finish(status);
    else exchange.finish(500, presentable(failure, exchange.requestId));
    return reply;
  }

  #fail(error: unknown, exchange: Exchange): FastifyReply {
    const { reply } = exchange;
    const shown = presentable(error, exchange.requestId);
    const { status, headers, contentType, body } = errorReply(shown, this.#options, exchange.requestId);
    exchange.finish(status, shown);
    closeIfUnread(exchange);
    return reply.code(status).headers(headers).header('content-type', contentType).send(body);
  }
}

/** A connection on which much is still to come that nobody reads ends with the reply. */
function closeIfUnread({ request: { raw }, reply }: Exchange): void {
  if (raw.complete || raw.readableEnded || !hasBody(raw)) return;
  if (Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= DRAINED_BYTES) return;
  reply.header('connection', 'close');
  closeLingering(raw);
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
