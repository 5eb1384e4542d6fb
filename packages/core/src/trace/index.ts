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
