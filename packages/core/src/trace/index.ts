export { type CrossingKind, currentTraceparent, type SpanOptions, withRemoteParent, withSpan, annotate } from './span.ts';
