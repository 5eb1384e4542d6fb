import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { CrossingKind } from '../trace/index.ts';

/** A finished span as it is kept. Times are microseconds since the epoch. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: CrossingKind;
  readonly side: 'client' | 'server' | 'internal';
  readonly from: string;
  readonly to: string;
  readonly startUs: number;
  readonly durationUs: number;
  readonly status: 'ok' | 'error';
  /** All attributes that have no field of their own here; `error` holds the message of a failed span. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly serverId: string | null;
  readonly auditId: string | null;
  readonly requestId: string | null;
  readonly step: string | null;
}

/** Attributes that have a column; the others travel as JSON. */
const OWN_COLUMNS: ReadonlySet<string> = new Set([
  'kumo.kind',
  'kumo.from',
  'kumo.to',
  'kumo.server_id',
  'kumo.audit_id',
  'kumo.request_id',
  'kumo.step',
]);

export function storedSpan(span: ReadableSpan): StoredSpan {
  const { traceId, spanId } = span.spanContext();
  const { attributes } = span;
  const failed = span.status.code === SpanStatusCode.ERROR;
  const rest: Record<string, unknown> = {};
  for (const key in attributes) if (!OWN_COLUMNS.has(key)) rest[key] = attributes[key];
  if (failed && span.status.message !== undefined) rest.error = span.status.message;
  return {
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId ?? null,
    name: span.name,
    kind: (text(attributes['kumo.kind']) ?? 'internal') as CrossingKind,
    side: span.kind === SpanKind.SERVER ? 'server' : span.kind === SpanKind.CLIENT ? 'client' : 'internal',
    from: text(attributes['kumo.from']) ?? '',
    to: text(attributes['kumo.to']) ?? '',
    startUs: microseconds(span.startTime),
    durationUs: microseconds(span.duration),
    status: failed ? 'error' : 'ok',
    attributes: rest,
    serverId: text(attributes['kumo.server_id']),
    auditId: text(attributes['kumo.audit_id']),
    requestId: text(attributes['kumo.request_id']),
    step: text(attributes['kumo.step']),
  };
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}

function microseconds([seconds, nanoseconds]: readonly [number, number]): number {
  return seconds * 1_000_000 + Math.round(nanoseconds / 1_000);
}
