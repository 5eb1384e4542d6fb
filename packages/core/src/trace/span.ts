import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** What kind of boundary a span crosses (ARCHITECTURE §2); `internal` crosses none. */
export type CrossingKind = 'http' | 'amqp' | 'sql' | 'native' | 'internal';

export interface SpanOptions {
  kind: CrossingKind;
  /** The daemon that speaks, e.g. `nova-compute`. */
  from: string;
  /** The party spoken to, e.g. `glance-api`, `nova database`, `hypervisor`. */
  to: string;
  /** `client` for the side that asks, `server` for the side that answers. Default `client`. */
  side?: 'client' | 'server';
  attributes?: Record<string, string | number | boolean>;
}

const tracer = trace.getTracer('kumo');

/** Runs `work` inside a span; an error that leaves it is recorded and rethrown. Cheap when the trace is not sampled. */
export async function withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const { kind, from, to, side = 'client', attributes } = options;
  const spanKind = kind === 'internal' ? SpanKind.INTERNAL : side === 'server' ? SpanKind.SERVER : SpanKind.CLIENT;
  return tracer.startActiveSpan(
    name,
    { kind: spanKind, attributes: { 'kumo.kind': kind, 'kumo.from': from, 'kumo.to': to, ...attributes } },
    async (span) => {
      try {
        return await work(span);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        throw error;
      } finally {
        span.end();
      }
    },
  );
}

/** Adds attributes to the span that is active here, e.g. `{'kumo.server_id': id, 'kumo.cached': true}`. */
export function annotate(attributes: Record<string, string | number | boolean>): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** The W3C `traceparent` of the active span, to be stored in a flow or sent in a message; undefined outside a trace. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

/** Runs `work` as a child of a trace that began elsewhere (another process, or this one before it was killed). */
export function withRemoteParent<T>(traceparent: string | undefined, work: () => T): T {
  if (!traceparent) return work();
  return context.with(propagation.extract(context.active(), { traceparent }), work);
}
