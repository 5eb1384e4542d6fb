import { type Span, SpanStatusCode } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '../context/index.ts';
import type { KumoError } from '../errors/index.ts';
import type { AppOptions } from './app-options.ts';
import { globalRequestId, newRequestId } from './request-id.ts';

/** A request and its reply while they are served, and what is told of them afterwards. */
export class Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly requestId: string;
  readonly globalRequestId: string | undefined;
  /** The operation's name, once it is known. */
  operation: string;
  ctx: Context | undefined;
  span: Span | undefined;
  #finished = false;
  readonly #options: AppOptions;
  readonly #startedAt = performance.now();

  constructor(options: AppOptions, request: FastifyRequest, reply: FastifyReply, operation: string) {
    this.#options = options;
    this.request = request;
    this.reply = reply;
    this.operation = operation;
    this.requestId = newRequestId();
    this.globalRequestId = globalRequestId(request.headers['x-openstack-request-id']);
    reply.header('x-openstack-request-id', this.requestId);
    for (const name of options.requestIdHeaders ?? []) reply.header(name, this.requestId);
  }

  /** Counts, logs and describes the span, once: when the reply's status is known (of a stream: when it is through). */
  finish(status: number, error?: KumoError): void {
    if (this.#finished) return;
    this.#finished = true;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#options.observe?.(this.operation, status, seconds);
    this.#log(status, seconds, error);
    if (this.span?.isRecording()) this.#describe(this.span, status, error);
  }

  #log(status: number, seconds: number, error: KumoError | undefined): void {
    const { log } = this.#options;
    const { method, url } = this.request;
    const reading = method === 'GET' || method === 'HEAD';
    const level = status >= 500 && error?.kind !== 'notImplemented' ? 'error' : reading ? 'debug' : 'info';
    if (!log.isLevelEnabled(level)) return;
    log[level](
      {
        requestId: this.requestId,
        globalRequestId: this.globalRequestId,
        operation: this.operation,
        method,
        // Queries may hold secrets and personal data (S3 signatures, names): only the path is logged.
        path: url.split('?', 1)[0],
        status,
        ms: Math.round(seconds * 10_000) / 10,
        userId: this.ctx?.userId || undefined,
        projectId: this.ctx?.projectId,
        ...(status >= 500 ? { err: error?.cause ?? error } : error && { error: error.code }),
      },
      `${method} ${status}`,
    );
  }

  #describe(span: Span, status: number, error: KumoError | undefined): void {
    span.updateName(this.operation);
    span.setAttributes({
      'http.status_code': status,
      'kumo.operation': this.operation,
      'kumo.request_id': this.requestId,
    });
    const auditId = this.ctx?.auditIds[0];
    if (auditId !== undefined) span.setAttribute('kumo.audit_id', auditId);
    if (this.globalRequestId !== undefined) span.setAttribute('kumo.global_request_id', this.globalRequestId);
    if (error) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
}
