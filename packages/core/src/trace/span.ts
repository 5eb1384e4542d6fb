import {
  type SpanOptions as ApiSpanOptions,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { preciseNowMs } from './clock.ts';
import { rootIsSampled } from './sampling.ts';

/** What kind of boundary a span crosses (ARCHITECTURE §2); `internal` crosses none. */
export type CrossingKind = 'http' | 'amqp' | 'sql' | 'native' | 'internal';

/**
 * Attributes with a meaning of their own: `kumo.server_id` and `kumo.audit_id` (by which `spansOfServer` finds traces),
 * `kumo.request_id`, `kumo.step` (of FLOW.md), `http.method` and `kumo.sample` (which decide about the head of a trace).
 */
export type SpanAttributes = Record<string, string | number | boolean>;

export interface SpanOptions {
  kind: CrossingKind;
  /** The daemon that speaks, e.g. `nova-compute`. */
  from: string;
  /** The party spoken to, e.g. `glance-api`, `nova database`, `hypervisor`. */
  to: string;
  /** `client` for the side that asks, `server` for the side that answers. Default `client`. */
  side?: 'client' | 'server';
  attributes?: SpanAttributes;
}

/** Stands in for every span of a trace that is not kept; its flag keeps the whole trace, and the peers it calls, silent. */
const UNSAMPLED = trace.wrapSpanContext({
  traceId: 'ffffffffffffffffffffffffffffffff',
  spanId: 'ffffffffffffffff',
  traceFlags: TraceFlags.NONE,
});
const UNSAMPLED_ROOT = trace.setSpan(ROOT_CONTEXT, UNSAMPLED);

/** Runs `work` inside a span; an error that leaves it is recorded and rethrown. Costs next to nothing when the trace is not sampled. */
export function withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const active = trace.getActiveSpan();
  if (active ? isSampled(active) : rootIsSampled(options.attributes)) return withSampledSpan(name, options, work);
  try {
    return active ? work(UNSAMPLED) : context.with(UNSAMPLED_ROOT, work, undefined, UNSAMPLED);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Marks a point at which something crossed a boundary in no time worth measuring: a message taken from its queue, a cache's answer. */
export function instantSpan(name: string, options: SpanOptions): void {
  const active = trace.getActiveSpan();
  if (!(active ? isSampled(active) : rootIsSampled(options.attributes))) return;
  const time = preciseNowMs();
  trace.getTracer('kumo').startSpan(name, apiOptions(options, time)).end(time);
}

/** Whether attributes and spans made here are kept; for work that only a trace would need. */
export function isRecording(): boolean {
  return trace.getActiveSpan()?.isRecording() ?? false;
}

/** Adds attributes to the span that is active here, e.g. `{'kumo.server_id': id, 'kumo.cached': true}`. */
export function annotate(attributes: SpanAttributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** The W3C `traceparent` of the active span, to be stored in a flow or sent in a message; undefined outside a trace. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Runs `work` as a child of a trace that began elsewhere (another process, or this one before it was killed). */
export function withRemoteParent<T>(traceparent: string | undefined, work: () => T): T {
  if (!traceparent) return work();
  return context.with(propagation.extract(context.active(), { traceparent }), work);
}

async function withSampledSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  return trace.getTracer('kumo').startActiveSpan(name, apiOptions(options, preciseNowMs()), async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end(preciseNowMs());
    }
  });
}

function apiOptions({ kind, from, to, side = 'client', attributes }: SpanOptions, startTime: number): ApiSpanOptions {
  const serving = side === 'server' ? SpanKind.SERVER : SpanKind.CLIENT;
  return {
    startTime,
    kind: kind === 'internal' ? SpanKind.INTERNAL : serving,
    attributes: { 'kumo.kind': kind, 'kumo.from': from, 'kumo.to': to, ...attributes },
  };
}

function isSampled(span: Span): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
