/**
 * `withSpan(name, { kind, from, to, side?, attributes? }, work)` for a crossing; `instantSpan(name, options)` for one
 * without duration (a cache's answer); `annotate(attributes)` on the active
 * span; `isRecording()` before work that only a trace needs; `currentTraceparent()`, `withRemoteParent(traceparent, work)`
 * where a trace leaves and enters. HTTP, RPC and SQL make their spans themselves:
 * a service makes those of native calls. `kumo.server_id` and `kumo.audit_id` make a trace findable.
 */

export { rootIsSampled } from './sampling.ts';
export {
  annotate,
  type CrossingKind,
  currentTraceparent,
  instantSpan,
  isRecording,
  type SpanAttributes,
  type SpanOptions,
  withRemoteParent,
  withSpan,
} from './span.ts';
